"""`python -m onrecord` is the `onrecord` command."""

from onrecord.cli.commands import app

app()
