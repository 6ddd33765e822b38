//! Control flow, evaluation order, shadowing.

use crate::case::{Case, case};
use ringkernel::prelude::*;

#[ring_fn]
fn if_as_value(a: i32, b: i32) -> i32 {
    let x = if a < b {
        a
    } else if a == b {
        0
    } else {
        b / 2
    };
    x ^ if b > 0 { 1 } else { 2 }
}

#[ring_fn]
fn if_with_statements(a: u32, b: u32) -> u32 {
    let x = if a > b {
        let d = a - b;
        d * 2
    } else {
        let d = b - a;
        if d > 5 {
            return d;
        }
        d
    };
    x + 1
}

#[ring_fn]
fn blocks(a: u32) -> u32 {
    let x = {
        let y = a % 10;
        {
            let y = y + 1;
            y * 2
        }
    };
    let unit = {
        let _ignored = x;
    };
    let _ = unit;
    x
}

#[ring_fn]
fn shadowing(x: u8) -> u64 {
    let x = u16::from(x) + 1;
    let x = u64::from(x) * 3;
    {
        let x = x + 100;
        if x > 500 {
            return x;
        }
    }
    x
}

#[ring_fn]
fn short_circuit(a: u32, b: u32) -> (bool, bool, u32) {
    let mut calls = 0;
    let x = b != 0 && a / b > 2;
    let y = b == 0 || {
        calls += 1;
        a % b == 0
    };
    (x, y, calls)
}

#[ring_fn]
fn order_of_operands(a: u32) -> u32 {
    let mut x = a % 100;
    x + {
        x += 1;
        x
    } * {
        x += 2;
        x
    } - x
}

#[ring_fn]
fn bump(x: &mut u32) -> u32 {
    *x += 1;
    *x
}

#[ring_fn]
fn order_of_arguments(a: u32) -> (u32, u32, u32) {
    let mut x = a % 1000;
    (bump(&mut x), x * bump(&mut x), bump(&mut x) - x)
}

#[ring_fn]
fn order_of_assignment(a: u32) -> [u32; 4] {
    let mut at = 0;
    let mut out = [0; 4];
    out[at] = {
        at += 1;
        a
    };
    out[at] += {
        at = 2;
        5
    };
    out[{
        at += 1;
        at
    }] = bump_index(&mut at);
    out
}

#[ring_fn]
fn bump_index(x: &mut usize) -> u32 {
    *x -= 1;
    *x as u32 + 10
}

#[ring_fn]
fn while_loop(a: u32) -> u32 {
    let mut n = a % 1000;
    let mut steps = 0;
    while n > 1 {
        n = if n % 2 == 0 { n / 2 } else { 3 * n + 1 };
        steps += 1;
    }
    steps
}

#[ring_fn]
fn while_with_statements(a: u32) -> u32 {
    let mut n = a % 50;
    let mut sum = 0;
    while {
        n += 1;
        n < 60
    } {
        if n % 7 == 0 {
            continue;
        }
        sum += n;
    }
    sum
}

#[ring_fn]
fn endless_loop(a: u32) -> u32 {
    let mut n = a % 100;
    let found = loop {
        n += 1;
        if n % 9 == 0 {
            break n * 2;
        }
        if n > 1000 {
            break 0;
        }
    };
    found + 1
}

#[ring_fn]
fn labels(a: u32, b: u32) -> u32 {
    let (a, b) = (a % 20 + 1, b % 20 + 1);
    let mut count = 0;
    'outer: for i in 0..a {
        for j in 0..b {
            if (i * j) % 7 == 6 {
                continue 'outer;
            }
            if i + j > 30 {
                break 'outer;
            }
            if j > i {
                break;
            }
            count += i ^ j;
        }
        count += 1;
    }
    count
}

// The device compiler once left this loop after one trip, because of how an overflow was asked for.
#[ring_fn]
fn overflow_of_counters(a: u32, b: u32) -> u32 {
    let mut count = 0;
    for i in 0..a % 20 {
        for j in 0..b % 20 {
            if i + j > 30 {
                return count;
            }
            if j > i {
                break;
            }
            count += i ^ j;
        }
    }
    count
}

#[ring_fn]
fn labelled_block(a: u32) -> u32 {
    let x = 'found: {
        if a % 3 == 0 {
            break 'found 1;
        }
        for i in 2..10 {
            if a % i == 0 {
                break 'found i;
            }
        }
        100
    };
    x * 2
}

#[ring_fn]
fn break_value_out_of_two(a: u32) -> u32 {
    'outer: loop {
        let mut i = 0;
        loop {
            i += 1;
            if i * i >= a % 5000 {
                break 'outer i;
            }
        }
    }
}

#[ring_fn]
fn ranges(a: u8, b: u8) -> (u32, u32, u32) {
    let (mut x, mut y, mut z) = (0, 0, 0);
    for i in a..b {
        x += u32::from(i);
    }
    for i in a..=b {
        y = y * 3 % 10007 + u32::from(i);
    }
    for _ in 0..=u8::MAX {
        z += 1;
    }
    (x, y, z)
}

#[ring_fn]
fn signed_range(a: i8, b: i8) -> i32 {
    let mut x = 0;
    for i in a..b {
        x = x * 31 % 1009 + i32::from(i);
    }
    for mut i in -3..=i32::from(b) % 5 {
        i += 2;
        x += i;
    }
    x
}

#[ring_fn]
fn adapted_ranges(a: u8, b: u8) -> u64 {
    let mut x = 0;
    for i in (a..b).rev() {
        x = (x * 31 + u64::from(i)) % 100_003;
    }
    for i in (a..=b).step_by(3) {
        x = (x * 31 + u64::from(i)) % 100_003;
    }
    for (i, j) in (0..20u32).zip(a..b).skip(2).take(5) {
        x = (x * 31 + u64::from(i) * u64::from(j)) % 100_003;
    }
    for (at, i) in (0..10).rev().step_by(2).enumerate() {
        x = (x * 31 + at as u64 * i) % 100_003;
    }
    x
}

#[ring_fn]
fn early_return(a: [i32; 8]) -> i32 {
    for (index, value) in a.iter().enumerate() {
        if *value < 0 {
            return index as i32;
        }
    }
    -1
}

#[ring_fn]
fn late_initialisation(a: u32) -> u32 {
    let x;
    if a > 10 {
        x = a - 10;
    } else {
        x = 10 - a;
    }
    let y: u32;
    y = x % 7;
    x + y
}

#[ring_fn]
fn assertions(a: u32, b: u32) -> u32 {
    assert!(a != 3, "never three");
    assert_eq!(a & 1, a % 2, "odd is odd");
    assert_ne!(b, 7, "never seven");
    assert!(b != 5);
    if a == 11 {
        panic!("eleven");
    }
    match b {
        9 => unreachable!("nine"),
        _ => a ^ b,
    }
}

#[ring_fn]
fn names_of_cpp(class: u32, new: u32) -> u32 {
    let int = class % 10;
    let template = new % 10;
    let operator = int + template;
    let this = operator * 2;
    let max = this + 1;
    let bump = max + 1;
    let mut namespace = bump;
    namespace += 1;
    namespace
}

#[ring_fn]
fn reverse(all: &[u32; 4]) -> u32 {
    all[3] ^ all[0].rotate_left(3)
}

#[ring_fn]
fn slice(all: &[u32; 4]) -> u32 {
    all[1]
}

#[ring_fn]
fn remainder(a: &f64, b: &f64) -> f64 {
    *a - *b
}

/// The headers and the device's compiler have functions of these names, which must not be called.
#[ring_fn]
fn names_of_functions(a: [u32; 4], x: f64) -> (u32, u32, f64) {
    let mut all = a;
    all[0] ^= 1;
    (reverse(&all), slice(&all), remainder(&x, &1.5))
}

#[ring_fn]
fn booleans(a: bool, b: bool) -> (bool, bool, bool, bool, bool, u8) {
    let mut c = a;
    c &= b;
    c ^= a | b;
    (a & b, a | b, a ^ b, !a, c, a as u8 + b as u8)
}

pub(crate) fn cases() -> Vec<Case> {
    vec![
        case!("`if` as expression", if_as_value(i32, i32)),
        case!("`if` as expression", if_with_statements(u32, u32)),
        case!("blocks as expressions", blocks(u32)),
        case!("shadowing", shadowing(u8)),
        case!("short circuit", short_circuit(u32, u32)),
        case!("evaluation order", order_of_operands(u32)),
        case!("evaluation order", order_of_arguments(u32)),
        case!("evaluation order", order_of_assignment(u32)),
        case!("`while`", while_loop(u32)),
        case!("`while`", while_with_statements(u32)),
        case!("`loop` and `break` with a value", endless_loop(u32)),
        case!("labels", labels(u32, u32)),
        case!("`for` over ranges", overflow_of_counters(u32, u32)),
        case!("labels", labelled_block(u32)),
        case!("labels", break_value_out_of_two(u32)),
        case!("`for` over ranges", ranges(u8, u8)),
        case!("`for` over ranges", signed_range(i8, i8)),
        case!("`for` over iterator chains", adapted_ranges(u8, u8)),
        case!("early `return`", early_return([i32; 8])),
        case!("late initialisation", late_initialisation(u32)),
        case!("assertions and panics", assertions(u32, u32)),
        case!("names that C++ keeps for itself", names_of_cpp(u32, u32)),
        case!("names that C++ keeps for itself", names_of_functions([u32; 4], f64)),
        case!("`bool`", booleans(bool, bool)),
    ]
}
