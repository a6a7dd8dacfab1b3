# The best approximations of each form, and their errors.
zkc approx sigmoid --domain -8:8 --degree 5
zkc approx tanh --domain -1:1 --degree 3 --basis monomial --json
zkc approx exp --domain -16:0 --segments 4 --piece-degree 2 --knots free
zkc approx sigmoid --domain -8:8 --rational 3,3
zkc approx relu --composite-sign 7 --degrees 7,7
zkc approx --composite-sign 6 --minimize depth --json
