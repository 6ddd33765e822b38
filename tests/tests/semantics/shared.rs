use ringkernel::prelude::*;

use crate::{PATIENCE, builder};

#[ring_message]
struct Look {
    i: u32,
}

#[ring_message]
struct Tally {
    bucket: u32,
}

#[ring_actor]
struct Reader {
    table: SharedSlice<u64>,
    tallies: SharedAtomics<u32>,
}

#[ring_actor]
impl Reader {
    #[handler]
    fn look(&mut self, m: Look) -> u64 {
        self.table[m.i as usize]
    }

    #[handler]
    fn tally(&mut self, m: Tally) {
        self.tallies[m.bucket as usize].fetch_add(1, Ordering::Relaxed, Scope::Device);
    }
}

#[test]
fn all_actors_read_one_slice_and_add_to_one_array() {
    let table = SharedSlice::from((0..100_u64).map(|i| i * i).collect::<Vec<_>>());
    let tallies = SharedAtomics::<u32>::zeros(4);
    let (for_actors, counts) = (table.clone(), tallies.clone());
    let system =
        builder().actors(50, move |_| Reader { table: for_actors.clone(), tallies: counts.clone() }).start().unwrap();
    for i in 0..50 {
        let actor = system.actor::<Reader>(i);
        assert_eq!(actor.ask(Look { i: i + 5 }).unwrap().wait(), Ok(u64::from((i + 5) * (i + 5))));
        for _ in 0..100 {
            actor.tell_timeout(Tally { bucket: i % 4 }, PATIENCE).unwrap();
        }
    }
    assert!(system.settle(PATIENCE));
    system.stop();
    system.join().unwrap();
    let counts: Vec<_> = tallies.iter().map(|count| count.load(Ordering::Relaxed, Scope::System)).collect();
    assert_eq!(counts, [1300, 1300, 1200, 1200]);
}
