//! How many of something one person, and one address, has at a time: sockets, and connections.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use app::id::ActorId;

use super::forwarded::network;

/// What is open, by whose it is.
#[derive(Debug, Default)]
pub struct Admissions(Mutex<HashMap<Occupant, usize>>);

/// Whose something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Occupant {
    /// Somebody with an account.
    Person(ActorId),
    /// Whoever comes from an address, or from the network that counts as one.
    Address(IpAddr),
}

/// How many there may be.
#[derive(Clone, Copy, Debug)]
pub struct Most {
    /// Of one person.
    pub per_person: usize,
    /// Of one address: a whole office may share one.
    pub per_address: usize,
}

/// One that is counted, until this is dropped.
#[derive(Debug)]
pub struct Admission {
    admissions: Arc<Admissions>,
    occupants: [Option<Occupant>; 2],
}

impl Occupant {
    /// Whoever comes from an address.
    pub fn at(address: IpAddr) -> Self {
        Self::Address(network(address))
    }
}

impl Admissions {
    /// Counts one for the person and for the address; `None` where either has as many as they may have.
    pub fn admit(self: &Arc<Self>, person: Option<ActorId>, address: IpAddr, most: Most) -> Option<Admission> {
        let occupants = [person.map(Occupant::Person), Some(Occupant::at(address))];
        let most = |occupant: &Occupant| match occupant {
            Occupant::Person(_) => most.per_person,
            Occupant::Address(_) => most.per_address,
        };
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let full = |occupant: &Occupant| taken.get(occupant).copied().unwrap_or_default() >= most(occupant);
        if occupants.iter().flatten().any(full) {
            return None;
        }
        for occupant in occupants.into_iter().flatten() {
            *taken.entry(occupant).or_default() += 1;
        }
        Some(Admission { admissions: Arc::clone(self), occupants })
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        let mut taken = self.admissions.0.lock().unwrap_or_else(PoisonError::into_inner);
        for occupant in self.occupants.iter().flatten() {
            if let Some(count) = taken.get_mut(occupant) {
                *count -= 1;
                if *count == 0 {
                    taken.remove(occupant);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_person_and_an_address_have_so_many_each() {
        let most = Most { per_person: 2, per_address: 3 };
        let admissions = Arc::<Admissions>::default();
        let (ana, ben) = (Some(ActorId(Uuid::from_u128(1))), Some(ActorId(Uuid::from_u128(2))));
        let (here, there) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let first = admissions.admit(ana, here, most).unwrap();
        let _second = admissions.admit(ana, there, most).unwrap();
        assert!(admissions.admit(ana, there, most).is_none(), "two are enough for one person");
        let _third = admissions.admit(ben, here, most).unwrap();
        let _fourth = admissions.admit(None, here, most).unwrap();
        assert!(admissions.admit(ben, here, most).is_none(), "three are enough for one address");
        drop(first);
        assert!(admissions.admit(ana, here, most).is_some());
        assert_eq!(admissions.0.lock().unwrap().len(), 4);
    }

    #[test]
    fn all_addresses_of_one_house_count_as_one() {
        let (most, admissions) = (Most { per_person: 1, per_address: 1 }, Arc::<Admissions>::default());
        let _first = admissions.admit(None, "2001:db8::1".parse().unwrap(), most).unwrap();
        assert!(admissions.admit(None, "2001:db8::ffff:1".parse().unwrap(), most).is_none());
        assert!(admissions.admit(None, "2001:db8:0:1::1".parse().unwrap(), most).is_some());
    }
}
