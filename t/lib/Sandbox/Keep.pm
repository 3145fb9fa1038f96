package Sandbox::Keep;

# Copyright (C) the ngx_sandbox authors

# A test's temporary folders.  KEEP=1: those of a test that fails stay, and
# are named at its end.

use warnings;
use strict;

use File::Path ();
use Test::More ();

my $PID = $$;
my @LEFT;


sub wanted { return $ENV{KEEP} ? 1 : 0 }


# whether the test has failed is known at its end only

sub discard
{
    my ($dir) = @_;

    if (wanted()) {
        push @LEFT, $dir;
        return;
    }

    File::Path::remove_tree($dir, { safe => 0 });
}


END {
    if ($$ == $PID) {
        my $status = $?;
        my $failed = $status || !Test::More->builder()->is_passing();

        for my $dir (@LEFT) {
            if ($failed) {
                Test::More::diag("kept: $dir");
            } else {
                File::Path::remove_tree($dir, { safe => 0 });
            }
        }

        $? = $status;
    }
}


1;
