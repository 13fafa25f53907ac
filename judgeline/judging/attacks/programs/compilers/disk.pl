BEGIN {
    for my $number (0 .. 9_999_999) {
        open my $file, ">", "/tmp/@MARK@-$number" or last;
        print $file "x" x 65536 or last;
        close $file or last;
    }
}
my ($a, $b) = split " ", <STDIN>;
print $a + $b, "\n";
