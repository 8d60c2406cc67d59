package audit

// explain says how the first of the links came not to fit, by what would fit in its place.
func (w *walk) explain(links []Linked) error {
	first := links[0]
	for i, other := range links[1:] {
		if !other.Found {
			continue
		}
		for _, guess := range []func(first, other Linked) (Fault, error){w.otherRow, w.otherLink} {
			fault, err := guess(first, other)
			if err != nil {
				return err
			}
			if fault == Inserted && i > 0 {
				fault = Swapped // what was pushed in moves the next one by one place
			}
			if fault != "" {
				return w.wrong(fault, first.N, first.EventID)
			}
		}
	}
	return w.wrong(Changed, first.N, first.EventID)
}

// otherRow finds out whether the row of another link is what was chained here, under its own id or under that of the first.
func (w *walk) otherRow(first, other Linked) (Fault, error) {
	fits, err := w.fits(first.Link, other.Event)
	if err == nil && !fits {
		other.Event.ID = first.EventID
		fits, err = w.fits(first.Link, other.Event)
	}
	if fits {
		return Swapped, err
	}
	return "", err
}

// otherLink finds out whether another link, with its row, belongs here: it was pushed on by the first one or, where that
// one belongs after it, they have changed places.
func (w *walk) otherLink(first, other Linked) (Fault, error) {
	fits, err := w.fits(other.Link, other.Event)
	if err != nil || !fits {
		return "", err
	}
	after := &walk{signer: w.signer, head: Head{first.N, other.Hash}}
	if swapped, err := after.fits(first.Link, first.Event); err != nil || swapped {
		return Swapped, err
	}
	return Inserted, nil
}
