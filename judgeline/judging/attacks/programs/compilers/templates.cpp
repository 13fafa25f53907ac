template <int N, int M> struct Many {
    typedef typename Many<N - 1, 2 * M>::type left;
    typedef typename Many<N - 1, 2 * M + 1>::type right;
    typedef int type;
};
template <int M> struct Many<0, M> { typedef int type; };
Many<26, 1>::type value;
int main() { return value; }
