package Sandbox::Cgroup;

# Copyright (C) the ngx_sandbox authors

# Control groups of version 2, as the host of sandboxes sees them.

use warnings;
use strict;

use Sandbox;

my $ROOT = '/sys/fs/cgroup';


sub v2 { -e "$ROOT/cgroup.controllers" }


# the group of a sandbox that runs

sub of
{
    my ($t, $id) = @_;
    my ($path) = slurp('/proc/' . $t->agent_pid($id) . '/cgroup')
        =~ m{^0::(/\S+)$}m or die "$id has no group\n";
    return bless { dir => "$ROOT$path" };
}


# the content of a file, or the number of a line in it

sub read
{
    my ($self, $file, $field) = @_;
    my $text = slurp("$self->{dir}/$file");
    return $text =~ /^\Q$field\E (\d+)$/m ? $1 : undef if defined $field;
    return $text =~ s/\s+$//r;
}


# what runs meanwhile, and what it starts, is in the group of the machine

sub in_root
{
    my ($run) = @_;
    my ($own) = slurp('/proc/self/cgroup') =~ m{^0::(/\S*)$}m;

    Sandbox::spew("$ROOT/cgroup.procs", $$);
    my $good = eval { $run->(); 1 };
    my $why = $@;
    Sandbox::spew("$ROOT$own/cgroup.procs", $$);
    die $why if !$good;
}


# swap, in a file of the guest's own disk

sub swap_on
{
    my ($mb) = @_;
    my $file = '/mnt/disk/swap';
    my $out = `exec 2>&1; dd if=/dev/zero of=$file bs=1M count=$mb &&
        chmod 600 $file && mkswap $file && swapon $file`;
    die "swap: $out" if $?;
}


sub swap_off { system('swapoff', '/mnt/disk/swap') == 0 or die "swapoff\n" }


1;
