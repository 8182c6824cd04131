"""Everything that starts, configures or ships: settings, bootstrap, CLI, one machine."""
