package Sandbox::Transcript;

# Copyright (C) the ngx_sandbox authors

# Commands of a document with what they print, as in
#
#     $ curl -s localhost:8080/health
#     {"ok":true}
#
# run by one shell after another, and compared.  A command goes on in the next
# line after a backslash, after a pipe, and within single quotes.

use warnings;
use strict;

use IPC::Open2 ();
use Test::More ();

use Sandbox::Reply;


# [command, what it prints, line], of the text of a snippet

sub commands
{
    my ($text, $line) = @_;
    my (@commands, $open);

    $line //= 1;

    for (split /\n/, $text) {
        if ($open) {
            $commands[-1][0] .= "\n$_";
        } elsif (/^\$ (.*)$/) {
            push @commands, [$1, '', $line];
        } elsif (@commands) {
            $commands[-1][1] .= "$_\n";
        } else {
            die "line $line: no command\n";
        }
        my $quotes = () = ($commands[-1][0] =~ /'/g);
        $open = $commands[-1][0] =~ /[\\|]$/ || $quotes % 2
            if $open || /^\$ /;
        $line++;
    }

    return @commands;
}


# a shell: names that the commands have are replaced by those of the test, and
# the other way round in what they print

sub new
{
    my ($class, %o) = @_;
    my $self = bless { %o }, $class;

    $self->{pid} = IPC::Open2::open2($self->{out}, $self->{in},
        'bash', '--norc');
    $self->{in}->autoflush(1);
    print { $self->{in} } "exec 2>&1; cd $o{dir}\n";

    return $self;
}


# what a command prints; it gets no standard input

sub run
{
    my ($self, $command) = @_;
    my $end = "-- end of command $$ --";
    my $printed = '';

    my %names = %{$self->{names} || {}};
    my @names = sort { length $b <=> length $a } keys %names;
    $command =~ s/\Q$_\E/$names{$_}/g for @names;

    print { $self->{in} } "{ $command\n} </dev/null; printf '\\n%s\\n' '$end'\n";

    while (defined(my $line = readline $self->{out})) {
        last if $line eq "$end\n";
        $printed .= $line;
    }
    $printed =~ s/\n\z//;

    $printed =~ s/\Q$names{$_}\E/$_/g for @names;

    return $printed;
}


# runs each command of a snippet, and compares

sub test
{
    my ($self, $snippet) = @_;

    for (commands($snippet->{text}, $snippet->{line})) {
        my ($command, $shown, $line) = @$_;
        my $printed = $self->run($command);
        my $why = Sandbox::Reply::difference($shown, $printed);
        my ($name) = split /\n/, $command;
        Test::More::is($why, '', "$snippet->{file}:$line: $name")
            or Test::More::diag($printed);
    }
}


sub DESTROY
{
    my ($self) = @_;
    local ($?, $!);
    close $self->{in};
    waitpid $self->{pid}, 0;
}


1;
