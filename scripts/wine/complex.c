/* The complex numbers of C99, which Wine 8 lacks and NumPy wants: its `api-ms-win-crt-math-l1-1-0.dll` has the others. */
#include <complex.h>
#include <math.h>

typedef struct { float r, i; } F;
typedef struct { double r, i; } D;

static inline double complex d(D z) { return z.r + z.i * I; }
static inline D un(double complex z) { D o = { __real__ z, __imag__ z }; return o; }
static inline D wide(F z) { D o = { z.r, z.i }; return o; }
static inline F narrow(D z) { F o = { (float)z.r, (float)z.i }; return o; }

#define EX __declspec(dllexport)
#define PART(n, e) EX double x_##n(D z) { return e; } EX double x_##n##l(D z) { return e; } \
  EX float x_##n##f(F y) { D z = wide(y); return (float)(e); }
#define ONE(n) EX D x_##n(D z) { return un(n(d(z))); } EX D x_##n##l(D z) { return un(n(d(z))); } \
  EX F x_##n##f(F z) { return narrow(un(n(d(wide(z))))); }

PART(creal, z.r) PART(cimag, z.i) PART(carg, atan2(z.i, z.r)) PART(cabs, hypot(z.r, z.i))
ONE(csin) ONE(ccos) ONE(ctan) ONE(csinh) ONE(ccosh) ONE(ctanh) ONE(cexp) ONE(csqrt) ONE(clog)
EX D x_cpow(D a, D b) { return un(cpow(d(a), d(b))); }
EX D x_cpowl(D a, D b) { return un(cpow(d(a), d(b))); }
EX F x_cpowf(F a, F b) { return narrow(un(cpow(d(wide(a)), d(wide(b))))); }
