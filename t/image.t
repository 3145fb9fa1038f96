#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: engine

# The base images: what is in them, the host's CA certificates, that they are
# not made again without need, and an image that extends them.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox::Snippet;

my $BUILD = $ENV{TEST_BUILD} || 'build';
my $EXTENDED = "sandbox-test-extended-$$";
my $WEB = 'import numpy, pandas, matplotlib, IPython, pip, venv;'
    . 'matplotlib.use("agg"); import matplotlib.pyplot as p;'
    . 'p.plot([1, 2]); p.savefig("/tmp/a.png");'
    . 'print(pandas.DataFrame({"a": [20, 22]}).a.sum())';

END {
    my $rc = $?;
    system("docker rmi -f $EXTENDED >/dev/null 2>&1");
    $? = $rc;
}


sub output
{
    my (@command) = @_;

    my $pid = open(my $fh, '-|');
    die "fork: $!" unless defined $pid;

    if (!$pid) {
        open STDERR, '>&', \*STDOUT;
        exec @command or exit 127;
    }

    my $output = do { local $/; <$fh> } // '';
    close $fh;

    chomp $output;
    return ($output, $? >> 8);
}


sub in_image
{
    my ($image, @command) = @_;

    return output(qw/docker run --rm --network none/, $image, @command);
}


# as the containers of sandboxes are made

sub in_sandbox
{
    my ($image, @command) = @_;

    return output(qw/docker run --rm --network none --hostname sandbox
                     --add-host sandbox:127.0.1.1
                     --security-opt no-new-privileges --cap-drop ALL/,
                  (map { "--cap-add=$_" } qw/CHOWN DAC_OVERRIDE FOWNER FSETID
                                             SETUID SETGID KILL/),
                  $image, @command);
}


sub id
{
    my ($image) = @_;

    return (output(qw/docker image inspect --format {{.Id}}/, $image))[0];
}


for my $major (20, 24) {
    my ($log, $rc) = output('image/build', $major);
    is $rc, 0, "the image with Node.js $major is made" or diag $log;

    my $image = "sandbox-base:node$major";

    like +(in_image($image, 'node', '--version'))[0], qr/^v$major\./,
        "it has Node.js $major";

    like +(in_image($image, 'npm', '--version'))[0], qr/^\d+\.\d+\.\d+$/,
        'npm runs';

    is +(in_image($image, 'sh', '-c',
                  'echo "const a: number = 42" | esbuild --loader=ts'))[0],
        'const a = 42;', 'esbuild runs';

    is +(in_image($image, 'node', '-e',
                  'require("esbuild").transform("let a: number",'
                  . '{loader: "ts"}).then(r => console.log(r.code.trim()))'))
        [0], 'let a;', 'esbuild is found by a program';

    like +(in_image($image, 'bun', '--version'))[0], qr/^\d+\.\d+\.\d+$/,
        'Bun runs';

    is +(in_image($image, 'sh', '-c',
                  'echo "console.log((40 + 2) as number)" >a.ts; bunx bun a.ts'))[0],
        '42', 'it runs TypeScript';

    is +(in_sandbox($image, qw/sudo -u www-data -- id -un/))[0], 'www-data',
        'sudo to another user, with the privileges of a sandbox';

    is +(in_image($image, 'python3', '-c', $WEB))[0], '42',
        'the scientific stack works';

    is +(in_image($image, 'pwd'))[0], '/workspace', 'the working directory';

    my $before = id($image);
    output('image/build', $major);
    is id($image), $before, 'it is not made again without need';
}

my $node = $ENV{NODE} || 20;
is id('sandbox-base'), id("sandbox-base:node$node"),
    "the default is the one with Node.js $node";

like +(in_image('sandbox-base', 'python3', '--version'))[0],
    qr/^Python 3\.11\./, 'Python 3.11';

for my $name (qw/git curl jq rg pip ipython3 less ps file unzip xz patch sudo
                 bun bunx/)
{
    is +(in_image('sandbox-base', 'sh', '-c',
                  "command -v $name >/dev/null && echo yes"))[0], 'yes',
        "$name is there";
}


# each of the host's additional certificates is trusted, and by what

my $bundle = '/etc/ssl/certs/ca-certificates.crt';
my ($trusted) = in_image('sandbox-base', 'cat', $bundle);

for my $crt (glob '/usr/local/share/ca-certificates/*.crt') {
    open my $fh, '<', $crt or die "$crt: $!";
    my ($body) = do { local $/; <$fh> } =~ /(-----BEGIN.*?-----END[^\n]*)/s;
    $body =~ s/\r//g;

    ok index($trusted, $body) >= 0, "the host's $crt is trusted";
}

my ($environment) = in_image('sandbox-base', 'env');

for my $name (qw/NODE_EXTRA_CA_CERTS PIP_CERT REQUESTS_CA_BUNDLE
                 SSL_CERT_FILE GIT_SSL_CAINFO/)
{
    like $environment, qr/^$name=\Q$bundle\E$/m, "$name names them";
}


# the documented way to extend the image

open my $fh, '<', 'examples/extend-image/Dockerfile' or die $!;
my @lines = grep { /\S/ && !/^#/ } <$fh>;
is join('', @lines), Sandbox::Snippet::take('image/README.md', 'FROM '),
    'the example is as documented';
my $build = Sandbox::Snippet::take('examples/extend-image/README.md', 'docker ');
is $build, "docker build -t my-image examples/extend-image\n",
    'and the command that follows';

my ($log, $rc) = do {
    local $ENV{DOCKER_BUILDKIT} = 0;
    output('docker', 'build', '--force-rm', '-t', $EXTENDED,
           'examples/extend-image');
};

is $rc, 0, 'the example is built' or diag $log;

is +(in_image($EXTENDED, 'sqlite3', ':memory:', 'select 6 * 7'))[0], '42',
    'what it adds runs';

is +(in_image($EXTENDED, 'python3', '-c', 'print(6 * 7)'))[0], '42',
    'what it stands on runs';

Sandbox::Snippet::none_left('t/image.t');

done_testing();
