"""A process that holds secrets leaves no core file (H4)."""

import subprocess
import sys


def test_a_command_forbids_core_dumps() -> None:
    """The command line sets the limit itself, whatever the shell allows."""
    code = "import resource; from my_app.cli.main import main; main(['exit-codes']); "
    code += "print(resource.getrlimit(resource.RLIMIT_CORE)[0])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split()[-1] == "0"
