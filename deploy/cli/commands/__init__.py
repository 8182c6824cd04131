"""What each command is called and takes; what it does is loaded when it is run.

``help`` names words of ``api/words/commands.toml``. Nothing that is imported here
may load a database, the carrier, a web server or what validates.
"""
