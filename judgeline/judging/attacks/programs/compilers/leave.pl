BEGIN {
    for my $place ("/tmp", "/prog", "/var/tmp", "/") {
        print "BREACH left by an earlier run\n" if -l "$place/@MARK@-left" or -e "$place/@MARK@-left";
        symlink "@FILE@", "$place/@MARK@-left";
        open my $file, ">", "$place/@MARK@-left-too";
    }
    if (!fork) { close STDIN; close STDOUT; close STDERR; sleep 20; exit 0; }
}
if ($0 ne "-" and -e "/prog/main.pl") {
    my ($a, $b) = split " ", <STDIN>;
    print $a + $b, "\n";
}
