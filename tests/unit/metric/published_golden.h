/* Made by tests/golden/published_scores.py with PyTorch 1.13.0a0, NumPy 1.24.2:
 * frechet, kernel, precision, recall, density, coverage, inception, balance, shift against
 * the first n test digits; samples are rows 0 .. n-1 of RandomState(1). */
static const double real_10000[] = {1.20787628, 1.15335594, 0.8797, 0.8848, 0.9534,
                                    0.8408,     9.78101043, 0.025,  0.013};
static const double real_5000[] = {7.233721, 11.1232169, 0.8652, 0.8816, 0.876333333,
                                   0.7892,   9.74429499, 0.0298, 0.0264};
static const double running_10000[] = {12.873034, 21.8704142, 0.7573, 0.5318, 0.720866667,
                                       0.5547,    8.71721202, 0.0892, 0.0936};
static const double running_5000[] = {15.8588319, 17.3735075, 0.7504, 0.621, 0.683133333,
                                      0.5576,     8.6893201,  0.0966, 0.106};
