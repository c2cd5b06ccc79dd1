//! What the runner needs of a system, for every architecture: an entry point, four system calls,
//! and the mathematical functions that Zig's compiler_rt does not bring. There is no C library.

const std = @import("std");
const linux = std.os.linux;

extern fn serve() void;

pub fn main() void {
    serve();
}

export fn system_read(file: i32, to: [*]u8, size: usize) isize {
    return @bitCast(linux.read(file, to, size));
}

export fn system_write(file: i32, from: [*]const u8, size: usize) isize {
    return @bitCast(linux.write(file, from, size));
}

/// Return memory that can be written and executed, or a negative error number.
export fn system_map(size: usize) isize {
    const rights: linux.PROT = .{ .READ = true, .WRITE = true, .EXEC = true };
    const kind: linux.MAP = .{ .TYPE = .PRIVATE, .ANONYMOUS = true };
    return @bitCast(linux.mmap(null, size, rights, kind, -1, 0));
}

export fn system_unmap(at: [*]const u8, size: usize) void {
    _ = linux.munmap(at, size);
}

export fn system_exit(status: u8) noreturn {
    linux.exit(status);
}

fn Unary(comptime T: type, comptime name: []const u8) type {
    return struct {
        fn call(x: T) callconv(.c) T {
            return @field(std.math, name)(x);
        }
    };
}

fn Binary(comptime T: type, comptime name: []const u8) type {
    return struct {
        fn call(x: T, y: T) callconv(.c) T {
            return @field(std.math, name)(x, y);
        }
    };
}

fn Power(comptime T: type) type {
    return struct {
        fn call(x: T, y: T) callconv(.c) T {
            return std.math.pow(T, x, y);
        }
        fn ten(x: T) callconv(.c) T {
            return std.math.pow(T, 10, x);
        }
    };
}

comptime {
    for (.{ .{ f32, "f" }, .{ f64, "" } }) |kind| {
        const T, const suffix = kind;
        const unary = .{
            "acos", "acosh", "asin",  "asinh", "atan", "atanh",
            "cbrt", "cosh",  "expm1", "log1p", "sinh", "tanh",
        };
        for (unary) |name| @export(&Unary(T, name).call, .{ .name = name ++ suffix });
        for (.{ "atan2", "copysign", "hypot" }) |name| {
            @export(&Binary(T, name).call, .{ .name = name ++ suffix });
        }
        @export(&Power(T).call, .{ .name = "pow" ++ suffix });
        @export(&Power(T).ten, .{ .name = "exp10" ++ suffix });
    }
}
