# Copyright (C) the ngx_sandbox authors

"""Prints temperatures in Fahrenheit in Celsius."""

import sys


def celsius(fahrenheit):
    return (fahrenheit - 32) * 5 / 9


def main():
    for argument in sys.argv[1:]:
        print(f"{celsius(float(argument)):.1f}")
