(** One machine of speed 1 and jobs, each to be done within its own interval: the job
    with the earliest deadline first. Where that schedule meets every deadline, no
    window of time holds more work than its length.

    A link of rate [u] and burst [b] is such a machine when time is counted in volume:
    a transfer in [s, t] is a job for [u s, u t + b]. The list of jobs costs n log n. *)

From Coq Require Import ZArith Lia List Permutation Mergesort Orders.
From Swarm Require Import Zsum.
Import ListNotations.
Open Scope Z_scope.

Record job := { release : Z; deadline : Z; work : Z }.

(** ** A pairing heap, earliest deadline first

    That the order is right matters for what is accepted, not for what that means;
    so only that no job is lost is proved. *)

Inductive tree := Node (j : job) (children : list tree).
Definition heap := option tree.

Definition meld (s t : tree) : tree :=
  let (i, ss) := s in
  let (j, ts) := t in
  if deadline i <=? deadline j then Node i (t :: ss) else Node j (s :: ts).

Fixpoint meld_all (l : list tree) : heap :=
  match l with
  | [] => None
  | [t] => Some t
  | s :: t :: l => match meld_all l with
                   | None => Some (meld s t)
                   | Some r => Some (meld (meld s t) r)
                   end
  end.

Definition insert (j : job) (h : heap) : heap :=
  match h with
  | None => Some (Node j [])
  | Some t => Some (meld (Node j []) t)
  end.

Section Weigh.
  Context (f : job -> Z).

  Fixpoint weigh_tree (t : tree) : Z :=
    let (j, ts) := t in
    f j + (fix all ts := match ts with [] => 0 | t :: ts => weigh_tree t + all ts end) ts.

  Definition weigh (h : heap) : Z := match h with None => 0 | Some t => weigh_tree t end.

  Lemma weigh_node j ts : weigh_tree (Node j ts) = f j + zsum weigh_tree ts.
  Proof. simpl. f_equal. induction ts as [|t ts IH]; simpl; [|rewrite IH]; reflexivity. Qed.

  Lemma weigh_meld s t : weigh_tree (meld s t) = weigh_tree s + weigh_tree t.
  Proof.
    destruct s as [i ss], t as [j ts]. unfold meld.
    destruct (_ <=? _); rewrite !weigh_node; cbn [zsum]; rewrite !weigh_node; lia.
  Qed.

  Lemma weigh_meld_all l : weigh (meld_all l) = zsum weigh_tree l.
  Proof.
    enough (forall n l, (length l <= n)%nat -> weigh (meld_all l) = zsum weigh_tree l) as H.
    { now apply (H (length l)). }
    clear l. induction n as [|n IH]; intros [|s [|t l]] short; simpl in *; try lia.
    specialize (IH l ltac:(lia)). destruct (meld_all l) as [r|]; simpl in *;
      rewrite ?weigh_meld; lia.
  Qed.

  Lemma weigh_insert j h : weigh (insert j h) = f j + weigh h.
  Proof. destruct h as [t|]; unfold insert, weigh; rewrite ?weigh_meld, weigh_node; simpl; lia.
  Qed.
End Weigh.

(** ** The schedule *)

(** Works from [now] to [until] or until nothing is left; None when a job is late. *)
Fixpoint advance (fuel : nat) (until now : Z) (h : heap) : option (Z * heap) :=
  match fuel, h with
  | O, _ => None
  | _, None => Some (now, None)
  | S fuel, Some (Node j ts) =>
      if negb ((0 <=? work j) && (release j <=? now)) then None
      else if now + work j <=? until then
        if now + work j <=? deadline j
        then advance fuel until (now + work j) (meld_all ts)
        else None
      else if (now <=? until) && (until <=? deadline j) then
        let rest := {| release := release j; deadline := deadline j;
                       work := work j - (until - now) |} in
        Some (until, Some (Node rest ts))
      else None
  end.

(** [fuel] is at least the number of jobs. *)
Fixpoint schedule (fuel : nat) (jobs : list job) (now : Z) (h : heap) : bool :=
  match jobs with
  | [] => match advance fuel (now + weigh work h) now h with
          | Some (_, None) => true
          | _ => false
          end
  | j :: jobs => match advance fuel (release j) now h with
                 | Some (now', h') =>
                     schedule fuel jobs (Z.max now' (release j)) (insert j h')
                 | None => false
                 end
  end.

Section Window.
  Context (a b : Z).

  (** The work of a job that lies within the window [a, b]. *)
  Definition within (j : job) : Z :=
    if (a <=? release j) && (deadline j <=? b) then work j else 0.

  (** What is left of the window. *)
  Definition room (now : Z) : Z := Z.max 0 (b - Z.max a now).

  Lemma within_unfold j :
    within j = if (a <=? release j) && (deadline j <=? b) then work j else 0.
  Proof. reflexivity. Qed.

  (** If what is left after [advance], and [more], fits into what is left of the
      window, then it fitted before. *)
  Lemma advance_sound more fuel until : forall now h now' h',
    advance fuel until now h = Some (now', h') ->
    more + weigh within h' <= room now' -> more + weigh within h <= room now.
  Proof.
    induction fuel as [|fuel IH]; intros now h now' h' run fits; [discriminate|].
    destruct h as [[j ts]|]; simpl in run.
    - destruct (Z.leb_spec 0 (work j)) as [nn|], (Z.leb_spec (release j) now) as [begun|];
        simpl in run; try discriminate.
      change (weigh within (Some (Node j ts))) with (weigh_tree within (Node j ts)).
      rewrite weigh_node.
      destruct (Z.leb_spec (now + work j) until).
      + destruct (Z.leb_spec (now + work j) (deadline j)); [|discriminate].
        specialize (IH _ _ _ _ run fits). rewrite weigh_meld_all in IH.
        unfold room in *. rewrite (within_unfold j).
        destruct (Z.leb_spec a (release j)), (Z.leb_spec (deadline j) b); simpl; lia.
      + destruct (Z.leb_spec now until), (Z.leb_spec until (deadline j)); simpl in run;
          try discriminate.
        injection run as <- <-.
        change (weigh within (Some ?t)) with (weigh_tree within t) in fits.
        rewrite weigh_node in fits. unfold room in *. rewrite within_unfold in *. cbn in fits.
        destruct (Z.leb_spec a (release j)), (Z.leb_spec (deadline j) b); cbn in *; lia.
    - injection run as <- <-. exact fits.
  Qed.

  Lemma room_later now now' : now <= now' -> room now' <= room now.
  Proof. unfold room. lia. Qed.

  Lemma schedule_sound fuel jobs : forall now h,
    schedule fuel jobs now h = true -> zsum within jobs + weigh within h <= room now.
  Proof.
    induction jobs as [|j jobs IH]; intros now h run; simpl in *.
    - destruct (advance _ _ _ _) as [[now' [t|]]|] eqn:e; try discriminate.
      apply (advance_sound 0) with (1 := e). simpl. unfold room. lia.
    - destruct (advance _ _ _ _) as [[now' h']|] eqn:e; [|discriminate].
      specialize (IH _ _ run). rewrite weigh_insert in IH.
      pose proof (room_later now' (Z.max now' (release j)) ltac:(lia)).
      pose proof (advance_sound (zsum within jobs + within j) _ _ _ _ _ _ e). lia.
  Qed.
End Window.

(** ** In the order of releases *)

Module ByRelease <: TotalLeBool'.
  Definition t := job.
  Definition leb (i j : job) := release i <=? release j.
  Infix "<=?" := leb (at level 70, no associativity).
  Theorem leb_total i j : i <=? j = true \/ j <=? i = true.
  Proof. unfold leb. rewrite !Z.leb_le. lia. Qed.
End ByRelease.

Module Sorted := Sort ByRelease.

Definition feasible (jobs : list job) : bool :=
  let sorted := Sorted.sort jobs in
  let start := match sorted with [] => 0 | j :: _ => release j end in
  schedule (S (S (length jobs))) sorted start None.

(** No window holds more work than its length. *)
Theorem feasible_sound jobs a b :
  feasible jobs = true -> zsum (within a b) jobs <= Z.max 0 (b - a).
Proof.
  intros ok. apply (schedule_sound a b) in ok. simpl in ok.
  rewrite (zsum_perm _ _ _ (Sorted.Permuted_sort jobs)). unfold room in ok. lia.
Qed.
