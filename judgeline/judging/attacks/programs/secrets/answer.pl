BEGIN {
    for my $path ("@ANSWER@", "@FILE@", "@SUBMISSION@", "/proc/1/root@ANSWER@", "/proc/self/root@ANSWER@") {
        if (open my $file, "<", $path) {
            local $/;
            die "BREACH $path " . <$file>;
        }
    }
}
my ($a, $b) = split " ", <STDIN>;
print $a + $b, "\n";
