"""The subcommands of main.py, each with main(argv) -> exit status."""
