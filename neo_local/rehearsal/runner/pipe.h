/* What the runner says and hears: numbers and texts through a pipe, and what went wrong. */

#ifndef PIPE_H
#define PIPE_H

#include <stddef.h>
#include <stdint.h>

typedef uint8_t byte;
extern intptr_t system_read(int, byte *, size_t), system_write(int, const byte *, size_t);
extern intptr_t system_map(size_t);
extern void system_unmap(byte *, size_t), system_exit(int);

enum { INPUT = 0, OUTPUT = 1 };

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

#endif
