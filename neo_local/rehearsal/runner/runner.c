/* Loads a library of the local engine and calls what is in it, as its caller asks through a pipe.

   It is linked without a C library for the architecture of the artifact, and emulated: so an
   artifact runs here with neither the target's system nor its libraries. library.h does what
   the loader of a device does; symbols.h has what a library may call.

   All numbers are little-endian, as every architecture that there is to run.

   The caller sends the library, u64 size and bytes, and then requests, each a byte and the rest:

     'b'  symbol                         answers u64 size and bytes: what __tvm_ffi__library_bin has
     'l'                                 answers every symbol's name, separated by zero bytes
     'k'  symbol, u32 number, tensors    calls a kernel by TVM's calling convention
     'p'  symbol, u32 number, tensors    calls a C function with pointers to their data
     tensor: u8 code, u8 bits, u16 lanes, u32 dimensions, i64 of each, u64 size, bytes

   A text is u32 size and bytes. The answer to the library and to each call is a text, empty or what
   went wrong; after an empty one, a call's answer has the bytes of each tensor. */

#include "library.h"
#include "pipe.h"

enum { ALIGNMENT = 64, MOST_TENSORS = 256, MOST_DIMENSIONS = 16 };

/* TVM's runtime, as far as generated code calls it. */

int TVMFFIErrorSetRaisedFromCStr(const char *kind, const char *message) {
  say(kind), say(": "), say(message);
  return 0;
}

int TVMFFIErrorSetRaisedFromCStrParts(const char *kind, const char **parts, int32_t number) {
  say(kind), say(": ");
  for (int32_t i = 0; i < number; ++i)
    if (parts[i]) say(parts[i]);
  return 0;
}

void *TVMBackendAllocWorkspace(int type, int id, uint64_t size, int code, int bits) {
  byte *at = map((size_t)size + ALIGNMENT);
  *(size_t *)at = (size_t)size + ALIGNMENT;
  return at + ALIGNMENT;
}

int TVMBackendFreeWorkspace(int type, int id, void *memory) {
  byte *at = (byte *)memory - ALIGNMENT;
  system_unmap(at, *(size_t *)at);
  return 0;
}

struct group {
  void *handle;
  int32_t tasks;
};

int TVMBackendParallelLaunch(int (*task)(int, struct group *, void *), void *data, int tasks) {
  struct group group = {NULL, tasks > 0 ? tasks : 1};
  for (int i = 0; i < group.tasks; ++i)
    if (task(i, &group, data)) return -1;
  return 0;
}

int TVMBackendParallelBarrier(int task, struct group *group) { return 0; }

int __aeabi_unwind_cpp_pr0(void) { return 9; } /* never called: nothing here unwinds */

/* Calls. */

typedef struct { void *data; int32_t device[2]; int32_t dimensions; byte code, bits; uint16_t lanes;
  int64_t *shape, *strides; uint64_t offset; } Tensor;
typedef struct { int32_t type; uint32_t padding; union { int64_t number; void *pointer; }; } Value;
enum { TENSOR = 7, CPU = 1 };

static Tensor tensors[MOST_TENSORS];
static int64_t shapes[MOST_TENSORS][MOST_DIMENSIONS];
static size_t sizes[MOST_TENSORS];

static void read_tensor(uint32_t index) {
  Tensor *tensor = &tensors[index];
  read_all(&tensor->code, 1), read_all(&tensor->bits, 1), read_all(&tensor->lanes, 2);
  tensor->device[0] = CPU, tensor->device[1] = 0, tensor->strides = NULL, tensor->offset = 0;
  tensor->dimensions = (int32_t)read_u32();
  if (tensor->dimensions > MOST_DIMENSIONS) answer("a tensor of too many dimensions"), system_exit(1);
  tensor->shape = shapes[index];
  read_all(tensor->shape, (size_t)tensor->dimensions * sizeof(int64_t));
  sizes[index] = (size_t)read_u64();
  tensor->data = map(sizes[index]);
  read_all(tensor->data, sizes[index]);
}

static void call_kernel(void *function, uint32_t number) {
  Value values[MOST_TENSORS] = {0}, result = {0};
  for (uint32_t i = 0; i < number; ++i) values[i].type = TENSOR, values[i].pointer = &tensors[i];
  int (*kernel)(void *, const Value *, int32_t, Value *) = function;
  if (kernel(NULL, values, (int32_t)number, &result) && !problem[0]) say("it failed");
}

static void call(const Symbol *symbol, char kind) {
  uint32_t number = read_u32();
  if (number > MOST_TENSORS) answer("too many tensors for one call"), system_exit(1);
  for (uint32_t i = 0; i < number; ++i) read_tensor(i);
  problem[0] = 0;
  if (!symbol) say("there is no such function in the library");
  else if (kind == 'k') call_kernel(base + symbol->value, number);
  else ((void (*)(void *, void *))(base + symbol->value))(tensors[0].data, tensors[1].data);
  answer(problem);
  for (uint32_t i = 0; i < number; ++i) {
    if (!problem[0]) write_all(tensors[i].data, sizes[i]);
    system_unmap(tensors[i].data, sizes[i] ? sizes[i] : 1);
  }
}

static void list(void) {
  const uint32_t *hash = (const uint32_t *)(base + tags[TAG_HASH]);
  uint32_t size = 0;
  for (uint32_t i = 1; i < hash[1]; ++i)
    if (table[i].section) size += (uint32_t)length(strings + table[i].name) + 1;
  write_all(&size, sizeof size);
  for (uint32_t i = 1; i < hash[1]; ++i)
    if (table[i].section) write_all(strings + table[i].name, length(strings + table[i].name) + 1);
}

static void send_content(const Symbol *symbol) {
  uint64_t size = 0;
  if (symbol)
    for (int i = 0; i < 8; ++i) size |= (uint64_t)base[symbol->value + i] << 8 * i;
  write_all(&size, sizeof size);
  if (symbol) write_all(base + symbol->value + 8, (size_t)size);
}

void serve(void) {
  size_t size = (size_t)read_u64();
  byte *file = map(size);
  read_all(file, size);
  load(file);
  system_unmap(file, size);
  answer(problem);
  for (;;) { /* until the caller closes the pipe */
    char kind, name[512] = "";
    read_all(&kind, 1);
    if (kind == 'l') {
      list();
      continue;
    }
    uint32_t named = read_u32();
    if (named >= sizeof name) answer("a symbol's name is too long"), system_exit(1);
    read_all(name, named);
    if (kind == 'b') send_content(own(name));
    else call(own(name), kind);
  }
}
