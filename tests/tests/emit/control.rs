//! Control flow: loops that need safe points and loops that do not, labels, chains, early ways out.

use ringkernel::Actor;
use ringkernel::prelude::*;

#[ring_message]
struct Work {
    amount: u32,
}

#[ring_actor]
struct Worker {
    cells: [u32; 16],
    next: Option<u32>,
}

/// Whether `n` is prime.
#[ring_fn]
fn is_prime(n: u32) -> bool {
    let mut i = 2;
    while i * i <= n {
        if n % i == 0 {
            return false;
        }
        i += 1;
    }
    n > 1
}

#[ring_fn]
fn clamp_to(x: i32, limit: i32) -> i32 {
    if x > limit {
        limit
    } else if x < -limit {
        -limit
    } else {
        x
    }
}

#[ring_actor]
impl Worker {
    #[handler]
    fn work(&mut self, m: Work) -> i32 {
        // Sixteen trips need no safe point.
        for (i, cell) in self.cells.iter_mut().enumerate() {
            *cell = cell.wrapping_add(i as u32);
        }
        let mut found = 0;
        'search: for a in 0..m.amount {
            for b in (a..16).rev().step_by(2) {
                if self.cells[b as usize] == a {
                    found = b;
                    break 'search;
                }
                if b % 5 == 0 {
                    continue 'search;
                }
            }
        }
        let first = loop {
            if is_prime(found) {
                break found;
            }
            found += 1;
        };
        while let Some(n) = self.next
            && n > 3
        {
            self.next = n.checked_sub(first);
        }
        let Some(left) = self.next else { return -1 };
        clamp_to(left as i32, 5)
    }
}

#[test]
fn control() {
    super::check("control", &[Worker::desc]);
}
