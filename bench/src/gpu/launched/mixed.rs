//! Commands of three kinds in turn, each launched: an impulse into a cell, five steps, a look at a cell.

use std::time::{Duration, Instant};

use super::device::{Argument, Graph, Page, Shape};
use super::{Rival, steps};

/// One round of three commands.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Round {
    pub(in super::super) impulse: u32,
    pub(in super::super) amplitude: f32,
    pub(in super::super) look: u32,
}

/// Steps between an impulse and a look.
pub(in super::super) const STEPS: usize = 5;
/// Words of the page: the answer, and what a graph is to do.
const ANSWER: usize = 0;
const WISH: usize = 16;

/// How commands become launches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum How {
    /// Each by itself: a kernel, a graph of five steps, a kernel. The host waits for what it looks at, and for nothing else.
    EachByItself,
    /// All three in one graph, which takes what they are about from mapped memory.
    OneGraph,
}

impl Rival<'_> {
    /// The values that were seen, and how long each round took.
    pub(in super::super) fn mixed(
        &self,
        [now, before]: &[Vec<f32>; 2],
        rounds: &[Round],
        how: How,
    ) -> Result<(Vec<f32>, Vec<Duration>), String> {
        self.set(now, before)?;
        let page = self.device.page()?;
        // Five steps exchange the fields, so there is one for even rounds and one for odd ones.
        let graphs = [self.round(how, &page, 0)?, self.round(how, &page, 1)?];
        let kernels = [self.device.function("inject")?, self.device.function("look")?];
        let (mut seen, mut each) = (Vec::with_capacity(rounds.len()), Vec::with_capacity(rounds.len()));
        self.device.wait()?;
        let mut begun = Instant::now();
        for (index, round) in rounds.iter().enumerate() {
            let number = index as u32 + 1;
            let graph = &graphs[index % 2];
            match how {
                How::EachByItself => {
                    let (now, later) = (&self.fields[index % 2], &self.fields[(index + STEPS) % 2]);
                    let impulse = [Argument::Int(round.impulse), Argument::Float(round.amplitude)];
                    let impulse = [Argument::Address(now.address), impulse[0], impulse[1]];
                    self.device.launch(kernels[0], Shape::ONE, &impulse)?;
                    self.device.replay(graph)?;
                    let look = [
                        Argument::Address(later.address),
                        Argument::Int(round.look),
                        Argument::Int(number),
                        Argument::Address(page.address + 8 * ANSWER as u64),
                    ];
                    self.device.launch(kernels[1], Shape::ONE, &look)?;
                }
                How::OneGraph => {
                    let pair = |low: u32, high: u32| u64::from(high) << 32 | u64::from(low);
                    page.set(WISH, pair(round.impulse, round.amplitude.to_bits()));
                    page.set(WISH + 1, pair(round.look, number));
                    self.device.replay(graph)?;
                }
            }
            seen.push(awaited(&page, number)?);
            let now = Instant::now();
            each.push(now - begun);
            begun = now;
        }
        self.device.wait()?;
        Ok((seen, each))
    }

    /// The graph of a round that begins after an even or an odd number of steps.
    fn round(&self, how: How, page: &Page<'_>, first: usize) -> Result<Graph<'_>, String> {
        if how == How::EachByItself {
            return steps(self.device, self.edge, &self.fields, &self.best, (first, STEPS));
        }
        let (inject, look) = (self.device.function("inject_wish")?, self.device.function("look_wish")?);
        let wish = Argument::Address(page.address + 8 * WISH as u64);
        let answer = Argument::Address(page.address + 8 * ANSWER as u64);
        let field = |step: usize| Argument::Address(self.fields[step % 2].address);
        self.device.graph(|| {
            self.device.launch(inject, Shape::ONE, &[field(first), wish])?;
            for step in first..first + STEPS {
                super::launch(self.device, self.edge, &self.fields, &self.best, step)?;
            }
            self.device.launch(look, Shape::ONE, &[field(first + STEPS), wish, answer])
        })
    }
}

/// The answer with this number, looked for without a pause.
fn awaited(page: &Page<'_>, number: u32) -> Result<f32, String> {
    let begun = Instant::now();
    loop {
        let word = page.get(ANSWER);
        if (word >> 32) as u32 == number {
            return Ok(f32::from_bits(word as u32));
        }
        if begun.elapsed() > Duration::from_secs(5) {
            return Err(format!("no answer to command {number}"));
        }
        std::hint::spin_loop();
    }
}
