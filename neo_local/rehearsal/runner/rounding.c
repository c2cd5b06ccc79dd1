/* Rounding to the nearest integer, of two the even one: the mode that every system begins with. */

#define ROUNDING(type, suffix, whole) \
  type rint##suffix(type x) { \
    volatile type shifted; /* rounds by itself: behind it there are no digits left */ \
    if (!(__builtin_fabs##suffix(x) < whole)) return x; \
    shifted = __builtin_fabs##suffix(x) + whole; \
    return __builtin_copysign##suffix(shifted - whole, x); \
  } \
  type nearbyint##suffix(type x) { return rint##suffix(x); } \
  type roundeven##suffix(type x) { return rint##suffix(x); }

ROUNDING(float, f, 0x1p23f)
ROUNDING(double, , 0x1p52)
