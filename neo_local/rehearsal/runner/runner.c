/* Loads a library of the local engine and calls what is in it, as its caller asks through a pipe.

   It is linked without a C library for the architecture of the artifact, and emulated: so an
   artifact runs here with neither the target's system nor its libraries. What the loader of
   a device does is done here: map the segments, relocate, bind the symbols of `symbols` below.

   All numbers are little-endian, as every architecture that there is to run.

   The caller sends the library, u64 size and bytes, and then requests, each a byte and the rest:

     'b'  symbol                         answers u64 size and bytes: what __tvm_ffi__library_bin has
     'l'                                 answers every symbol's name, separated by zero bytes
     'k'  symbol, u32 number, tensors    calls a kernel by TVM's calling convention
     'p'  symbol, u32 number, tensors    calls a C function with pointers to their data
     tensor: u8 code, u8 bits, u16 lanes, u32 dimensions, i64 of each, u64 size, bytes

   A text is u32 size and bytes. The answer to the library and to each call is a text, empty or what
   went wrong; after an empty one, a call's answer has the bytes of each tensor. */

#include <stddef.h>
#include <stdint.h>

#include "symbols.h"

typedef uint8_t byte;
extern intptr_t system_read(int, byte *, size_t), system_write(int, const byte *, size_t);
extern intptr_t system_map(size_t);
extern void system_unmap(byte *, size_t), system_exit(int);

enum { INPUT = 0, OUTPUT = 1, ALIGNMENT = 64, MOST_TENSORS = 256, MOST_DIMENSIONS = 16 };

/* Input, output, memory. */

static void read_all(void *to, size_t size) {
  for (byte *at = to; size;) {
    intptr_t got = system_read(INPUT, at, size);
    if (got <= 0) system_exit(got < 0);
    at += got, size -= (size_t)got;
  }
}

static void write_all(const void *from, size_t size) {
  for (const byte *at = from; size;) {
    intptr_t done = system_write(OUTPUT, at, size);
    if (done <= 0) system_exit(1);
    at += done, size -= (size_t)done;
  }
}

static uint32_t read_u32(void) {
  uint32_t value;
  read_all(&value, sizeof value);
  return value;
}

static uint64_t read_u64(void) {
  uint64_t value;
  read_all(&value, sizeof value);
  return value;
}

static size_t length(const char *text) {
  size_t size = 0;
  while (text[size]) ++size;
  return size;
}

static void answer(const char *text) {
  uint32_t size = (uint32_t)length(text);
  write_all(&size, sizeof size);
  write_all(text, size);
}

static int same(const char *one, const char *other) {
  while (*one && *one == *other) ++one, ++other;
  return *one == *other;
}

static int begins(const char *text, const char *start) {
  while (*start && *text == *start) ++text, ++start;
  return !*start;
}

static void *map(size_t size) {
  intptr_t at = system_map(size ? size : 1);
  if (at < 0 && at > -4096) answer("there is not enough memory"), system_exit(1);
  return (void *)at;
}

static char problem[512];

static void say(const char *text) {
  size_t used = length(problem);
  while (*text && used < sizeof problem - 1) problem[used++] = *text++;
  problem[used] = 0;
}

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

static const struct {
  const char *name;
  void *address;
} symbols[] = {SYMBOLS};

static void *address_of(const char *name) {
  for (size_t i = 0; i < sizeof symbols / sizeof *symbols; ++i)
    if (same(symbols[i].name, name)) return symbols[i].address;
  return NULL;
}

/* ELF, of the width and the machine that this is compiled for. */

#if __SIZEOF_POINTER__ == 8
typedef struct { byte ident[16]; uint16_t type, machine; uint32_t version; uint64_t entry, phoff,
  shoff; uint32_t flags; uint16_t ehsize, phentsize, phnum; } Header;
typedef struct { uint32_t type, flags; uint64_t offset, vaddr, paddr, filesz, memsz, align; } Segment;
typedef struct { uint32_t name; byte info, other; uint16_t section; uint64_t value, size; } Symbol;
typedef struct { uint64_t offset; uint32_t type, symbol; int64_t addend; } Relocation;
#else
typedef struct { byte ident[16]; uint16_t type, machine; uint32_t version; uint32_t entry, phoff,
  shoff; uint32_t flags; uint16_t ehsize, phentsize, phnum; } Header;
typedef struct { uint32_t type, offset, vaddr, paddr, filesz, memsz, flags, align; } Segment;
typedef struct { uint32_t name, value, size; byte info, other; uint16_t section; } Symbol;
typedef struct { uint32_t offset; uint32_t type : 8, symbol : 24; } Relocation;
#endif
typedef struct { intptr_t tag; uintptr_t value; } Dynamic;

enum { LOAD = 1, DYNAMIC = 2, PAGE = 65536, WEAK = 2 };
enum { TAG_HASH = 4, TAG_STRINGS, TAG_SYMBOLS, TAG_RELA, TAG_RELA_SIZE, TAG_INIT = 12, TAG_REL = 17,
       TAG_REL_SIZE, TAG_JUMPS = 23, TAG_JUMPS_SIZE = 2, TAG_INIT_ARRAY = 25, TAGS = 32 };
#if defined(__aarch64__)
enum { ABSOLUTE = 257, GLOBAL = 1025, JUMP = 1026, RELATIVE = 1027, NONE = 0, RELATIONS = TAG_RELA };
#elif defined(__arm__)
enum { ABSOLUTE = 2, GLOBAL = 21, JUMP = 22, RELATIVE = 23, NONE = 0, RELATIONS = TAG_REL };
#elif defined(__x86_64__)
enum { ABSOLUTE = 1, GLOBAL = 6, JUMP = 7, RELATIVE = 8, NONE = 0, RELATIONS = TAG_RELA };
#endif

static byte *base;
static uintptr_t tags[TAGS];
static const Symbol *table;
static const char *strings;

static const Symbol *own(const char *name) {
  const uint32_t *hash = (const uint32_t *)(base + tags[TAG_HASH]);
  for (uint32_t i = 1; tags[TAG_HASH] && i < hash[1]; ++i)
    if (table[i].section && same(strings + table[i].name, name)) return &table[i];
  return NULL;
}

static uintptr_t bound(const Symbol *symbol) {
  if (symbol->section) return (uintptr_t)base + symbol->value;
  uintptr_t found = (uintptr_t)address_of(strings + symbol->name);
  if (!found && symbol->info >> 4 != WEAK)
    say(problem[0] ? ", " : "it calls what the runner does not have: "), say(strings + symbol->name);
  return found;
}

static void relocate(uintptr_t start, size_t size) {
  const Relocation *end = (const Relocation *)(base + start + size);
  for (const Relocation *one = (const Relocation *)(base + start); start && one < end; ++one) {
    uintptr_t *at = (uintptr_t *)(base + one->offset);
#if __SIZEOF_POINTER__ == 8
    uintptr_t addend = (uintptr_t)one->addend;
#else
    uintptr_t addend = one->type == ABSOLUTE || one->type == RELATIVE ? *at : 0;
#endif
    switch (one->type) {
      case NONE: break;
      case RELATIVE: *at = (uintptr_t)base + addend; break;
      case ABSOLUTE: case GLOBAL: case JUMP: *at = bound(&table[one->symbol]) + addend; break;
      default: say("a relocation of a kind that the runner does not know"); return;
    }
    if (one->type == NONE) bound(&table[one->symbol]);
  }
}

/* Give the library its pointers into TVM's runtime, as ContextSymbolRegistry does. */
static void set_context(void) {
  for (size_t i = 0; i < sizeof symbols / sizeof *symbols; ++i) {
    char name[64] = "__";
    if (!begins(symbols[i].name, "TVM")) continue;
    for (size_t j = 0; j <= length(symbols[i].name); ++j) name[j + 2] = symbols[i].name[j];
    const Symbol *variable = own(name);
    if (variable) *(void **)(base + variable->value) = symbols[i].address;
  }
}

static void load(const byte *file) {
  const Header *header = (const Header *)file;
  const Segment *segments = (const Segment *)(file + header->phoff);
  size_t end = 0;
  for (int i = 0; i < header->phnum; ++i)
    if (segments[i].type == LOAD && segments[i].vaddr + segments[i].memsz > end)
      end = segments[i].vaddr + segments[i].memsz;
  base = (byte *)(((uintptr_t)map(end + PAGE) + PAGE - 1) / PAGE * PAGE);
  for (int i = 0; i < header->phnum; ++i) {
    const Segment *one = &segments[i];
    if (one->type == LOAD)
      for (size_t j = 0; j < one->filesz; ++j) base[one->vaddr + j] = file[one->offset + j];
    if (one->type == DYNAMIC)
      for (const Dynamic *entry = (const Dynamic *)(file + one->offset); entry->tag; ++entry)
        if (entry->tag > 0 && entry->tag < TAGS) tags[entry->tag] = entry->value;
  }
  table = (const Symbol *)(base + tags[TAG_SYMBOLS]);
  strings = (const char *)(base + tags[TAG_STRINGS]);
  relocate(tags[RELATIONS], tags[RELATIONS + 1]);
  relocate(tags[TAG_JUMPS], tags[TAG_JUMPS_SIZE]);
  if (tags[TAG_INIT] || tags[TAG_INIT_ARRAY]) say("it has code that runs when it is loaded");
  set_context();
  __builtin___clear_cache((char *)base, (char *)base + end);
}

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
  for (char kind; !problem[0] || kind;) {
    char name[512] = "";
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
