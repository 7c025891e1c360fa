"""What fills the terminal: one module per screen.

Screens that others push, imported when they are wanted:

- ``wizard.WizardScreen()``, ``sign_in.SignInScreen(profile, flow=None)``, ``rotate.RotateScreen(profile)``,
  ``revoke.RevokeScreen(profile)``: post ``AccountsChanged(select=profile)`` to the app when something changed.
- ``forget.ForgetScreen(profile)``: dismisses True when the person confirmed; the app then forgets, with undo.
- ``copy.CopyScreen(profile)``, ``reveal.RevealScreen(profile)``: put secrets out on an explicit act, and audit it.
- ``unlock.UnlockScreen(label, new=False)``: dismisses a ``Secret`` or None (dismissed); ``new`` asks twice.
- ``people.PeopleScreen(demo)``: users, passwords and current codes of the demo.
"""
