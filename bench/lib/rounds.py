# Copyright (C) the ngx_sandbox authors
#
# Rows that are measured in rounds, so that two builds can take turns.

class Rounds:
    """A row of one build.  The constructor sets it up; with references, what
    it is compared with is set up and measured too."""

    # rounds of this row for each that was asked for
    factor = 1

    def __init__(self, host, options, references):
        self.host = host
        self.options = options
        self.references = references

    def round(self):
        """Measures once, and yields wherever another build may have its
        turn."""

        raise NotImplementedError

    def report(self, table):
        raise NotImplementedError

    def close(self):
        """Removes what the host does not know of."""

    def count(self):
        return self.options.rounds * self.factor


def measure(row, host, options, table):
    """All rounds of a row beside its references."""

    rounds = row(host, options, True)

    try:
        for _ in range(rounds.count()):
            for _ in rounds.round():
                pass

    finally:
        rounds.close()

    rounds.report(table)
