"""What tests share: nodes in one process, scenarios, examples."""
