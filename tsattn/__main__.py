"""`python -m tsattn` is the command `tsattn`."""

from tsattn.cli import app

if __name__ == "__main__":
    app(prog_name="tsattn")
