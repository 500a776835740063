"""A plugin of pytest: a mutant is there before the engine is imported."""

import os

from . import planting

planting.plant(os.environ[planting.VARIABLE])
