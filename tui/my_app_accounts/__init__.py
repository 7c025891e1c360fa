"""``my-app-accounts``: the Textual app on top of the headless core."""
