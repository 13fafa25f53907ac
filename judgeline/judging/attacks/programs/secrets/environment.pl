BEGIN {
    die "BREACH $ENV{'@VARIABLE@'}" if exists $ENV{"@VARIABLE@"} or exists $ENV{"REDIS_URL"};
    for my $path (glob "/proc/[0-9]*/environ") {
        open my $file, "<", $path or next;
        local $/;
        my $text = <$file> // "";
        die "BREACH $path" if $text =~ /\Q@VARIABLE@\E/;
    }
}
my ($a, $b) = split " ", <STDIN>;
print $a + $b, "\n";
