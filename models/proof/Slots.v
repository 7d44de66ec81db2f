(** Equal rates, whole chunks: in one slot a node sends one chunk that it holds to
    one other node. How many slots do M chunks need to k peers? *)

From Coq Require Import Lia List Arith.
Import ListNotations.

(** [send t i = Some (j, c)]: in slot [t], node [i] sends chunk [c] to [j]. *)
Definition schedule := nat -> nat -> option (nat * nat).

(** [has t i c]: node [i] holds chunk [c] before slot [t]. The source is node 0. *)
Record lawful (send : schedule) (has : nat -> nat -> nat -> Prop) : Prop := {
  begins : forall i c, has 0 i c -> i = 0;
  grows : forall t i c, has (S t) i c ->
    has t i c \/ exists j, send t j = Some (i, c) /\ has t j c;
}.

Section LowerBound.
  Context (send : schedule) (has : nat -> nat -> nat -> Prop).
  Hypothesis law : lawful send has.

  (** What the source sent in the slots before [t]. *)
  Fixpoint emitted (t : nat) : list nat :=
    match t with
    | 0 => []
    | S t => match send t 0 with
             | Some (_, c) => c :: emitted t
             | None => emitted t
             end
    end.

  Lemma emitted_length t : length (emitted t) <= t.
  Proof. induction t; simpl; [lia|]. destruct (send t 0) as [[]|]; simpl; lia. Qed.

  Lemma emitted_first t i c : has t i c -> i <> 0 -> In c (emitted t).
  Proof.
    revert i. induction t as [|t IH]; intros i h peer.
    - destruct peer. apply (begins _ _ law i c h).
    - assert (keep : In c (emitted t) -> In c (emitted (S t))).
      { simpl. destruct (send t 0) as [[]|]; simpl; tauto. }
      destruct (grows _ _ law t i c h) as [before|(j & s & from)]; [eauto|].
      destruct (Nat.eq_dec j 0) as [->|relay]; [|eauto].
      simpl. rewrite s. simpl. tauto.
  Qed.

  (** After M - 1 slots some chunk has not left the source. *)
  Lemma some_chunk_is_late l M : length l < M -> exists c, c < M /\ ~ In c l.
  Proof.
    intros few. destruct (forallb (fun c => if in_dec Nat.eq_dec c l then true else false)
                            (seq 0 M)) eqn:every.
    - exfalso. rewrite forallb_forall in every.
      assert (incl (seq 0 M) l) as sub.
      { intros c i. specialize (every c i). destruct (in_dec _ _ _); [assumption|discriminate]. }
      pose proof (NoDup_incl_length (seq_NoDup M 0) sub). rewrite seq_length in H. lia.
    - assert (every_false : exists c, In c (seq 0 M) /\ ~ In c l).
      { clear few. induction (seq 0 M) as [|c cs IH]; simpl in every; [discriminate|].
        destruct (in_dec Nat.eq_dec c l) as [known|new]; simpl in every.
        - destruct (IH every) as (d & i & n). exists d. simpl. tauto.
        - exists c. simpl. tauto. }
      destruct every_false as (c & i & new). exists c. split; [|assumption].
      apply in_seq in i. lia.
  Qed.

  (** From then on its holders at most double in every slot. *)
  Lemma holders_double t c k :
    ~ In c (emitted t) ->
    exists l, length l <= 2 ^ k /\ In 0 l /\ forall i, has (t + k) i c -> In i l.
  Proof.
    intros late. induction k as [|k (l & few & source & all)].
    - exists [0]. simpl. repeat split; auto. rewrite Nat.add_0_r. intros i h.
      destruct (Nat.eq_dec i 0) as [->|peer]; [auto|]. destruct late.
      now apply emitted_first with i.
    - set (to := fun j => match send (t + k) j with Some (i, _) => i | None => 0 end).
      exists (l ++ map to l). rewrite app_length, map_length. simpl. repeat split.
      + lia.
      + apply in_or_app. auto.
      + rewrite Nat.add_succ_r. intros i h. apply in_or_app.
        destruct (grows _ _ law _ _ _ h) as [before|(j & s & from)]; [auto|].
        right. apply in_map_iff. exists j. unfold to. rewrite s. auto.
  Qed.

  (** For any k peers that have all M chunks after T slots. *)
  Theorem slots_lower_bound (J : list nat) M T :
    NoDup J -> ~ In 0 J -> J <> [] -> 1 <= M ->
    (forall j c, In j J -> c < M -> has T j c) ->
    M - 1 + Nat.log2_up (S (length J)) <= T.
  Proof.
    intros distinct peers some chunks all.
    destruct (some_chunk_is_late (emitted (M - 1)) M) as (c & chunk & late).
    { pose proof (emitted_length (M - 1)). lia. }
    destruct (le_lt_dec (M - 1) T) as [enough|short].
    - destruct (holders_double (M - 1) c (T - (M - 1)) late) as (l & few & source & holders).
      replace (M - 1 + (T - (M - 1))) with T in holders by lia.
      assert (S (length J) <= length l).
      { apply (NoDup_incl_length (l := 0 :: J)); [now constructor|].
        intros j [<-|i]; [assumption|]. auto. }
      assert (Nat.log2_up (S (length J)) <= T - (M - 1)); [|lia].
      rewrite <- (Nat.log2_up_pow2 (T - (M - 1))) by lia. apply Nat.log2_up_le_mono. lia.
    - destruct J as [|j J]; [congruence|].
      destruct (some_chunk_is_late (emitted T) M) as (d & chunk' & late').
      { pose proof (emitted_length T). lia. }
      destruct late'. apply emitted_first with j; [apply all; simpl; auto|].
      intros ->. apply peers. simpl. auto.
  Qed.
End LowerBound.
