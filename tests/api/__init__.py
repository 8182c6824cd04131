"""The doors: commands, questions, problems and who may use them."""
