"""Those who make tokens: where their keys and answers come from, and how this program makes its own."""
