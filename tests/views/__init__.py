"""Views of the engine for its developers: `dev.py facts`, `dev.py plan`, `dev.py test --affected`."""
