package bench_test

import ("testing";"os";"fmt";"jaanch/internal/measure")

func TestProf(t *testing.T) {
	if os.Getenv("PROF")=="" { t.Skip() }
	w := newWard(t, 640, 1)
	var rec recorder
	all := w.messages(true, func(i int, tube string) talk { return asAstm(w.astmRecords(i, tube), true) })
	w.run(t, 1, all, "matched", rec.note)
	rec.turns=rec.turns[:len(all)]
	for range 3 {
	c0:=measure.CPU()
	r,_:=w.run(t, 1, all, "matched", nil)
	c1:=measure.CPU()
	fmt.Printf("ours1 %.0f/s cpu %v\n", r, (c1-c0)/640)
	r,_=w.run(t, 64, all, "matched", nil)
	c2:=measure.CPU()
	fmt.Printf("ours64 %.0f/s cpu %v\n", r, (c2-c1)/640)
	b := bareOn(t, copyOf(t, w.lab.Path), rec.turns)
	a:=b.serve(t)
	r,_=play(t, a, 1, all)
	c3:=measure.CPU()
	fmt.Printf("direct1 %.0f/s cpu %v\n", r, (c3-c2)/640)
	b = bareOn(t, copyOf(t, w.lab.Path), rec.turns)
	r=640/32*32*measure.Rate(20, func(int){b.commit(32)})/20
	c4:=measure.CPU()
	fmt.Printf("by32 %.0f/s cpu %v\n", r, (c4-c3)/640)
	}
}
