# Each has one message, and none a result.
zkc approx log --domain 0:1 --degree 3 && exit
zkc approx reciprocal --domain -1:1 --degree 3 && exit
zkc approx tan --domain 0:2 --degree 3 && exit
zkc approx sqrt --domain -1:1 --degree 3 && exit
zkc approx exp --domain 2:1 --degree 3 && exit
zkc approx exp --domain 1:1 --segments 4 && exit
zkc approx exp --domain nan:1 --degree 3 && exit
zkc approx gelu --domain 0 --degree 3 && exit
zkc approx gel --domain 0:1 --degree 3 && exit
zkc approx gelu --composite-sign 7 && exit
zkc approx --composite-sign 7 --degrees 7,4 && exit
zkc approx exp --domain 0:1 --degree 3000 && exit
zkc approx exp --domain 0:1 --segments 0 && exit
zkc approx gelu --domain -9:8 --segments 64 --format 2^-12,16 && exit
zkc approx gelu --domain -8:8 --segments 64 --format 12,16 && exit
zkc approx gelu --domain -8:8 --segments 0 --format 2^-12,16 && exit
zkc approx gelu --domain -8:8 --segments 64 --piece-degree 4 --format 2^-12,16 && exit
zkc approx gelu --domain -8:8 --format 2^-12,16 --target-error 1e-6 && exit
zkc approx gelu --domain -8:8 --format 2^-12,16 --target-error 0 && exit
zkc approx exp --domain 0:8 --segments 64 --format 2^-12,16 && exit
zkc approx log --domain 0:1 --segments 64 --format 2^-12,16 && exit
zkc approx gelu --domain -4:4 --degree 3 --plot nowhere/gelu.svg && exit
# A limit: doubles find no better.
zkc approx reciprocal --domain 1:2 --degree 25
