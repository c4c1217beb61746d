"""The grammar of one-message reports: text in; values read, asked about or refused out."""

from conversations.grammar.fold import fold
from conversations.grammar.resolve import read_fix, read_period, read_report, read_slot
from conversations.grammar.yesno import read_yes_no, split_yes

__all__ = ["fold", "read_fix", "read_period", "read_report", "read_slot", "read_yes_no", "split_yes"]
