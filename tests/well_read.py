"""What forked processes have read when they begin: all modules, the sample programme, and what is read at first use."""

import gc
import tempfile

import kumbusha as kumbusha
from scheduler.schedule import tick
from tests import memory
from tests import test_drills as test_drills
from tests import test_drills_of_sending as test_drills_of_sending
from tests.rig import Rig

with tempfile.TemporaryDirectory(dir=memory.folder()) as folder:
    rig = Rig.on(f"sqlite:///{folder}/read.sqlite")
    rig.says("ama", "REP ANC1 412/615 ABS 12")
    tick(rig.db, rig.now)
    rig.close()
gc.freeze()  # what is there stays shared, since no process looks through it for what may go
