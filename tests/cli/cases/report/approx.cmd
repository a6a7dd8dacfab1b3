# The best approximations of each form, and their errors.
zkc approx sigmoid --domain -8:8 --degree 5
zkc approx tanh --domain -1:1 --degree 3 --basis monomial --json
zkc approx exp --domain -16:0 --segments 4 --piece-degree 2 --knots free
zkc approx sigmoid --domain -8:8 --rational 3,3
zkc approx relu --composite-sign 7 --degrees 7,7
zkc approx --composite-sign 6 --minimize depth --json
zkc approx gelu --domain -8:8 --segments 4 --piece-degree 2 --format 2^-12,16
zkc approx sigmoid --domain -8:8 --format 2^-20,25 --target-error 1e-6
zkc approx gelu --domain -8:8 --segments 2 --format 2^-12,16 --json
zkc approx gelu --domain -4:4 --segments 8 --plot gelu.svg -q
head -c 40 gelu.svg
