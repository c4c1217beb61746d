"""What forked processes have read when they begin: all modules, and the sample programme."""

import kumbusha as kumbusha
from storage import programmes
from storage.programme_file import sample_text
from tests import test_drills as test_drills

programmes.read(sample_text())
