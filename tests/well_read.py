"""What the processes of drills have read when they begin: all modules, and the sample programme."""

from storage import programmes
from storage.programme_file import sample_text
from tests import test_drills as test_drills

programmes.read(sample_text())
