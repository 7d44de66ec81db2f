(** The binomial pipeline on a hypercube reaches the bound of [Slots] for 2^n nodes,
    and no node receives more than one chunk in a slot.

    In slot [t] each node sends across dimension [t mod n]. Read the address of a
    node cyclically from that dimension on: the number of zeros before the first one
    is its [lead]. It sends chunk [t + lead - n], the last one again and again; the
    source, whose lead is n, sends chunk [t]. *)

From Coq Require Import Lia List Arith Bool.
From Swarm Require Import Slots.
Import ListNotations.

(** How many of the first [n] bits are zero before a one. *)
Fixpoint zeros (b : nat -> bool) (n : nat) : nat :=
  match n with
  | 0 => 0
  | S n => if b 0 then 0 else S (zeros (fun p => b (S p)) n)
  end.

Lemma zeros_le b n : zeros b n <= n.
Proof.
  revert b. induction n as [|n IH]; intros b; simpl; [lia|]. specialize (IH (fun p => b (S p))).
  destruct (b 0); lia.
Qed.

Lemma zeros_ext b c n : (forall p, p < n -> b p = c p) -> zeros b n = zeros c n.
Proof.
  revert b c. induction n as [|n IH]; intros b c H; simpl; [reflexivity|].
  rewrite (H 0) by lia. destruct (c 0); [reflexivity|]. f_equal. apply IH. intros. apply H. lia.
Qed.

Lemma zeros_all b n : zeros b n = n -> forall p, p < n -> b p = false.
Proof.
  revert b. induction n as [|n IH]; intros b H p lt; [lia|].
  simpl in H. destruct (b 0) eqn:first; [lia|].
  destruct p as [|p]; [assumption|]. apply (IH (fun p => b (S p))); lia.
Qed.

Lemma zeros_extend b n :
  zeros b (S n) = if Nat.eq_dec (zeros b n) n then if b n then n else S n else zeros b n.
Proof.
  revert b. induction n as [|n IH]; intros b.
  - simpl. now destruct (b 0).
  - change (zeros b (S (S n))) with (if b 0 then 0 else S (zeros (fun p => b (S p)) (S n))).
    rewrite IH. simpl. destruct (b 0).
    + destruct (Nat.eq_dec 0 (S n)); lia.
    + destruct (Nat.eq_dec (zeros (fun p => b (S p)) n) n) as [e|e];
        destruct (Nat.eq_dec (S (zeros (fun p => b (S p)) n)) (S n)); try lia.
      now destruct (b (S n)).
Qed.

Section Pipeline.
  Context (n M : nat) (n_pos : 1 <= n) (M_pos : 1 <= M).

  Definition partner t i := Nat.lxor i (2 ^ (t mod n)).
  Definition bits i t p := Nat.testbit i ((t + p) mod n).
  Definition lead i t := zeros (bits i t) n.
  Definition chunk i t := Nat.min (t + lead i t - n) (M - 1).
  Definition pipeline : schedule :=
    fun t i => if n <=? t + lead i t then Some (partner t i, chunk i t) else None.

  (** The source has everything, the others what their partners sent. *)
  Definition got t i c : Prop :=
    i = 0 \/ exists s, s < t /\ pipeline s (partner s i) = Some (i, c).

  Definition address i := forall d, n <= d -> Nat.testbit i d = false.

  Lemma mod_lt t : t mod n < n.
  Proof. apply Nat.mod_upper_bound. lia. Qed.

  Lemma mod_differs t p : 0 < p < n -> (t + p) mod n <> t mod n.
  Proof.
    intros between equal. pose proof (mod_lt t).
    pose proof (Nat.div_mod t n ltac:(lia)) as at_t.
    destruct (le_lt_dec n (t mod n + p)).
    - assert ((t + p) mod n = t mod n + p - n); [|lia].
      symmetry. apply Nat.mod_unique with (t / n + 1); lia.
    - assert ((t + p) mod n = t mod n + p); [|lia].
      symmetry. apply Nat.mod_unique with (t / n); lia.
  Qed.

  Lemma partner_involutive t i : partner t (partner t i) = i.
  Proof. unfold partner. now rewrite Nat.lxor_assoc, Nat.lxor_nilpotent, Nat.lxor_0_r. Qed.

  Lemma partner_bit t i d : Nat.testbit (partner t i) d = xorb (Nat.testbit i d) (t mod n =? d).
  Proof. unfold partner. now rewrite Nat.lxor_spec, Nat.pow2_bits_eqb. Qed.

  Lemma partner_address t i : address i -> address (partner t i).
  Proof.
    intros ok d far. rewrite partner_bit, (ok d far). pose proof (mod_lt t).
    destruct (Nat.eqb_spec (t mod n) d); [lia|reflexivity].
  Qed.

  Lemma lead_full i t : address i -> lead i t = n -> i = 0.
  Proof.
    intros ok full. apply Nat.bits_inj_0. intros d.
    destruct (le_lt_dec n d) as [far|near]; [now apply ok|].
    pose proof (mod_lt t). pose proof (Nat.div_mod t n ltac:(lia)) as at_t.
    pose proof (zeros_all _ _ full) as none. unfold bits in none.
    destruct (le_lt_dec (t mod n) d).
    - rewrite <- (none (d - t mod n)) by lia. f_equal.
      apply Nat.mod_unique with (t / n); lia.
    - rewrite <- (none (d + n - t mod n)) by lia. f_equal.
      apply Nat.mod_unique with (t / n + 1); lia.
  Qed.

  Lemma lead_source t : lead 0 t = n.
  Proof.
    assert (none : forall b k, (forall p, b p = false) -> zeros b k = k).
    { intros b k. revert b. induction k as [|k IH]; intros b H; simpl; [reflexivity|].
      rewrite H, IH; auto. }
    apply none. intros p. apply Nat.bits_0.
  Qed.

  Lemma bits_later i t p : bits i (S t) p = bits i t (S p).
  Proof. unfold bits. now rewrite Nat.add_succ_r. Qed.

  Lemma bits_round i t : bits i t n = bits i t 0.
  Proof.
    unfold bits. f_equal. rewrite Nat.add_0_r, <- (Nat.mul_1_l n) at 1.
    now rewrite Nat.mod_add by lia.
  Qed.

  Lemma lead_later i t :
    lead i (S t) = if Nat.eq_dec (zeros (bits i (S t)) (n - 1)) (n - 1)
                   then if bits i t 0 then n - 1 else n else zeros (bits i (S t)) (n - 1).
  Proof.
    unfold lead. replace n with (S (n - 1)) at 1 by lia. rewrite zeros_extend.
    rewrite bits_later. replace (S (n - 1)) with n by lia. now rewrite bits_round.
  Qed.

  Lemma lead_unset i t : bits i t 0 = false -> lead i t = S (zeros (bits i (S t)) (n - 1)).
  Proof.
    intros unset. unfold lead. replace n with (S (n - 1)) at 1 by lia. simpl. rewrite unset.
    f_equal. apply zeros_ext. intros p _. now rewrite bits_later.
  Qed.

  (** A node that has just sent over its own dimension keeps its lead... *)
  Lemma lead_keeps i t :
    address i -> i <> 0 -> bits i t 0 = false -> S (lead i (S t)) = lead i t.
  Proof.
    intros ok peer unset. pose proof (lead_unset i t unset) as now.
    rewrite lead_later, unset. destruct (Nat.eq_dec _ _) as [e|]; [|lia].
    destruct peer. apply (lead_full i t ok). lia.
  Qed.

  (** ... and its partner takes it over. *)
  Lemma lead_passes i t : bits i t 0 = true -> S (lead i (S t)) = lead (partner t i) t.
  Proof.
    intros set. rewrite (lead_unset (partner t i) t).
    - f_equal. rewrite lead_later, set.
      replace (zeros (bits (partner t i) (S t)) (n - 1)) with (zeros (bits i (S t)) (n - 1)).
      + destruct (Nat.eq_dec _ _); lia.
      + apply zeros_ext. intros p lt. rewrite !bits_later. unfold bits. rewrite partner_bit.
        destruct (Nat.eqb_spec (t mod n) ((t + S p) mod n)) as [e|_].
        * symmetry in e. destruct (mod_differs t (S p) ltac:(lia) e).
        * now rewrite xorb_false_r.
    - unfold bits in *. rewrite partner_bit, set, Nat.add_0_r, Nat.eqb_refl. reflexivity.
  Qed.

  Lemma got_later s t i c : s <= t -> got s i c -> got t i c.
  Proof. intros le [->|(r & lt & sent)]; [now left|]. right. exists r. split; [lia|assumption].
  Qed.

  Lemma sends t i : n <= t + lead i t -> pipeline t i = Some (partner t i, chunk i t).
  Proof. intros le. unfold pipeline. now rewrite (proj2 (Nat.leb_le _ _) le). Qed.

  (** Each node holds the chunk that it is about to send. *)
  Lemma invariant t i : address i -> n <= t + lead i t -> got t i (chunk i t).
  Proof.
    revert i. induction t as [|t IH]; intros i ok ready.
    - left. apply (lead_full i 0 ok). pose proof (zeros_le (bits i 0) n). unfold lead in *. lia.
    - destruct (Nat.eq_dec i 0) as [->|peer]; [now left|]. destruct (bits i t 0) eqn:bit.
      + pose proof (lead_passes i t bit) as passes. right. exists t. split; [lia|].
        rewrite sends, partner_involutive by lia. f_equal. f_equal. unfold chunk. lia.
      + pose proof (lead_keeps i t ok peer bit) as keeps.
        replace (chunk i (S t)) with (chunk i t) by (unfold chunk; lia).
        apply (got_later t); [lia|]. apply IH; [assumption|lia].
  Qed.

  Lemma sender_is_ready t i j c : pipeline t i = Some (j, c) ->
    j = partner t i /\ c = chunk i t /\ n <= t + lead i t.
  Proof.
    unfold pipeline. destruct (Nat.leb_spec n (t + lead i t)); [|discriminate].
    intros e. injection e. auto.
  Qed.

  (** Restricted to the 2^n nodes. *)
  Definition holds t i c : Prop := address i /\ got t i c.

  Theorem pipeline_lawful : lawful pipeline holds.
  Proof.
    split.
    - intros i c [_ [->|(s & lt & _)]]; [reflexivity|lia].
    - intros t i c (ok & [->|(s & lt & sent)]).
      + left. split; [assumption|now left].
      + destruct (Nat.eq_dec s t) as [->|other].
        * right. exists (partner t i). split; [assumption|]. split; [now apply partner_address|].
          destruct (sender_is_ready _ _ _ _ sent) as (_ & -> & ready).
          apply invariant; [now apply partner_address|assumption].
        * left. split; [assumption|]. right. exists s. split; [lia|assumption].
  Qed.

  Theorem pipeline_complete i c : i < 2 ^ n -> c < M -> holds (M - 1 + n) i c.
  Proof.
    intros small chunk_c.
    assert (ok : address i).
    { intros d far. destruct (Nat.eq_dec i 0) as [->|]; [apply Nat.bits_0|].
      apply Nat.bits_above_log2. apply Nat.lt_le_trans with n; [|assumption].
      apply Nat.log2_lt_pow2; lia. }
    split; [assumption|]. destruct (Nat.eq_dec c (M - 1)) as [->|early].
    - replace (M - 1) with (chunk i (M - 1 + n)) at 2 by (unfold chunk; lia).
      apply invariant; [assumption|lia].
    - assert (set : forall j, bits j (c + n) 0 = true -> chunk j (c + n) = c).
      { intros j bit. unfold chunk, lead. destruct n as [|m] eqn:e; [lia|].
        simpl. rewrite bit. lia. }
      destruct (bits i (c + n) 0) eqn:bit.
      + rewrite <- (set i bit) at 1. apply (got_later (c + n)); [lia|].
        apply invariant; [assumption|lia].
      + right. exists (c + n). split; [lia|]. rewrite sends, partner_involutive by lia.
        f_equal. f_equal. apply set. unfold bits in *.
        rewrite partner_bit, bit, Nat.add_0_r, Nat.eqb_refl. reflexivity.
  Qed.

  Theorem pipeline_unit_download t i j k c d :
    pipeline t i = Some (k, c) -> pipeline t j = Some (k, d) -> i = j.
  Proof.
    intros from_i from_j. destruct (sender_is_ready _ _ _ _ from_i) as (to_i & _).
    destruct (sender_is_ready _ _ _ _ from_j) as (to_j & _).
    now rewrite <- (partner_involutive t i), <- (partner_involutive t j), <- to_i, <- to_j.
  Qed.

  (** M - 1 + n slots are enough for 2^n nodes, and fewer are not. *)
  Theorem slots_optimum :
    (forall i c, i < 2 ^ n -> c < M -> holds (M - 1 + n) i c) /\
    (forall send has T, lawful send has ->
       (forall i c, i < 2 ^ n -> c < M -> has T i c) -> M - 1 + n <= T).
  Proof.
    split; [exact pipeline_complete|]. intros send has T law all.
    assert (some : 2 <= 2 ^ n) by (apply (Nat.pow_le_mono_r 2 1); lia).
    pose proof (slots_lower_bound send has law (seq 1 (2 ^ n - 1)) M T) as bound.
    rewrite seq_length in bound. replace (S (2 ^ n - 1)) with (2 ^ n) in bound by lia.
    rewrite Nat.log2_up_pow2 in bound by lia. apply bound; try lia.
    - apply seq_NoDup.
    - rewrite in_seq. lia.
    - destruct (2 ^ n - 1) eqn:e; [lia|]. simpl. discriminate.
    - intros j c i lt. apply in_seq in i. apply all; lia.
  Qed.
End Pipeline.
