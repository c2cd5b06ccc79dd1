/* Loads a library as the loader of a device does: maps, relocates, binds its symbols. */

#ifndef LIBRARY_H
#define LIBRARY_H

#include "pipe.h"
#include "symbols.h"

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

#endif
