//! Whole kernels: actors through the compiler and the device runtime to machine code, for every architecture.

use ringkernel::prelude::*;
use ringkernel_runtime::cuda::nvrtc::{Options, Source};
use ringkernel_tests::{nvrtc, skip};

#[ring_message]
struct Hop {
    x: u32,
    left: u32,
    load: [u32; 6],
}

#[ring_message]
struct Probe {
    x: u32,
}

#[ring_message]
struct Overflowed {
    by: u64,
}

/// Sends every hop on to an actor of the other type.
#[ring_actor]
struct Even {
    random: u32,
    peers: u32,
    handled: u64,
}

#[ring_actor]
struct Odd {
    random: u32,
    peers: u32,
    handled: u64,
    history: [u32; 8],
}

#[ring_fn]
fn next_random(x: u32) -> u32 {
    let mut x = x;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    x
}

#[ring_actor]
impl Even {
    #[handler]
    fn hop(&mut self, m: Hop, ctx: &mut Context<Self>) {
        self.handled += 1;
        self.random = next_random(self.random.wrapping_add(m.x));
        if m.left > 0 {
            let peer = ((self.random as u64 * self.peers as u64) >> 32) as u32;
            ctx.tell(ctx.actor::<Odd>(peer), Hop { x: m.x.wrapping_add(1), left: m.left - 1, load: m.load });
        }
    }

    #[handler]
    fn probe(&mut self, m: Probe) -> u32 {
        m.x.wrapping_add(1)
    }
}

#[ring_actor]
impl Odd {
    #[handler]
    fn hop(&mut self, m: Hop, ctx: &mut Context<Self>) {
        self.handled += 1;
        self.random = next_random(self.random.wrapping_add(m.x));
        self.history[m.x as usize % 8] = self.random;
        if m.left > 0 {
            let peer = ((self.random as u64 * self.peers as u64) >> 32) as u32;
            ctx.tell(ctx.actor::<Even>(peer), Hop { x: m.x.wrapping_add(1), left: m.left - 1, load: m.load });
        } else {
            ctx.host().tell(Overflowed { by: self.handled });
            trace!(ctx, "{} came to its end at {}", m.x, self.handled);
        }
    }
}

#[test]
fn two_actor_types_compile_to_one_kernel_that_does_not_spill() {
    let all = nvrtc::all();
    if all.is_empty() {
        skip!("no NVRTC");
    }
    let text = ringkernel::cuda_source::<Even>(90).unwrap();
    assert_eq!(text, ringkernel::cuda_source::<Even>(90).unwrap(), "the text is the same every time");
    assert!(text.contains("struct Odd"), "what an actor talks to is part of its text:\n{text}");
    let headers = ringkernel_codegen::templates::headers();
    for nvrtc in &all {
        for arch in nvrtc::ARCHS {
            let options = Options::for_arch(arch).define("RK_MIN_BLOCKS", 2);
            let source = Source { name: "ringkernel.cu", text: &text, headers };
            let cubin = nvrtc.compile(&source, &options).unwrap_or_else(|error| panic!("{error}\n{text}"));
            let resources = cubin.resources();
            let kernel = resources.iter().find(|used| used.name == "ringkernel_main").expect("the kernel");
            println!("NVRTC {} {arch}: {kernel:?}", nvrtc.version());
            assert_eq!(kernel.spill_stores, 0, "{arch}: {kernel:?}");
        }
    }
}
