# Copyright (C) the ngx_sandbox authors

import unittest

from celsius import celsius


class Celsius(unittest.TestCase):
    def test_water(self):
        self.assertEqual(celsius(32), 0)
        self.assertEqual(celsius(212), 100)

    def test_equal(self):
        self.assertEqual(celsius(-40), -40)
