constexpr unsigned long count(unsigned long from)
{
    unsigned long sum = 0;
    for (unsigned long i = 0; i < 30000; i++)
        sum += i * from;
    return sum;
}
template <unsigned long N> constexpr unsigned long total = count(N) + total<N - 1>;
template <> constexpr unsigned long total<0> = 0;
constexpr unsigned long sum = total<850>;
int main() { return sum; }
