/* What a library of the local engine may call: names, and where they are. None is declared as it is,
   since only its address is taken. */

#define MATHEMATICS(X) \
  X(acos) X(acosh) X(asin) X(asinh) X(atan) X(atanh) X(atan2) X(cbrt) X(ceil) X(copysign) X(cos) \
  X(cosh) X(erf) X(exp) X(exp10) X(exp2) X(expm1) X(fabs) X(floor) X(fma) X(fmax) X(fmin) X(fmod) \
  X(hypot) X(log) X(log10) X(log1p) X(log2) X(nearbyint) X(pow) X(rint) X(round) X(roundeven) \
  X(sin) X(sinh) X(sqrt) X(tan) X(tanh) X(trunc)
#define MEMORY(X) X(memcmp) X(memcpy) X(memmove) X(memset)
#define RUNTIME(X) \
  X(TVMBackendAllocWorkspace) X(TVMBackendFreeWorkspace) X(TVMBackendParallelBarrier) \
  X(TVMBackendParallelLaunch) X(TVMFFIErrorSetRaisedFromCStr) X(TVMFFIErrorSetRaisedFromCStrParts) \
  X(__aeabi_unwind_cpp_pr0)
#ifdef __arm__ /* https://github.com/ARM-software/abi-aa/blob/main/rtabi32/rtabi32.rst */
#define ARM(X) \
  X(__aeabi_d2lz) X(__aeabi_d2ulz) X(__gnu_f2h_ieee) X(__gnu_h2f_ieee) X(__aeabi_f2lz) X(__aeabi_f2ulz) \
  X(__aeabi_idiv) X(__aeabi_idivmod) X(__aeabi_l2d) X(__aeabi_l2f) X(__aeabi_lasr) \
  X(__aeabi_ldivmod) X(__aeabi_llsl) X(__aeabi_llsr) X(__aeabi_lmul) X(__aeabi_memclr) \
  X(__aeabi_memclr4) X(__aeabi_memclr8) X(__aeabi_memcpy) X(__aeabi_memcpy4) X(__aeabi_memcpy8) \
  X(__aeabi_memmove) X(__aeabi_memmove4) X(__aeabi_memmove8) X(__aeabi_memset) X(__aeabi_memset4) \
  X(__aeabi_memset8) X(__aeabi_uidiv) X(__aeabi_uidivmod) X(__aeabi_ul2d) X(__aeabi_ul2f) \
  X(__aeabi_uldivmod)
#else
#define ARM(X)
#endif

#define DECLARE(name) extern char address_##name[] __asm__(#name);
#define DECLARE_BOTH(name) DECLARE(name) DECLARE(name##f)
MATHEMATICS(DECLARE_BOTH) MEMORY(DECLARE) RUNTIME(DECLARE) ARM(DECLARE)

#define ENTRY(name) {#name, address_##name},
#define ENTRIES(name) ENTRY(name) ENTRY(name##f)
#define SYMBOLS MATHEMATICS(ENTRIES) MEMORY(ENTRY) RUNTIME(ENTRY) ARM(ENTRY)
