(** Fluid: at which common rate r can all peers receive, when bits are passed on at once?

    A solution is a set of streams. Each runs along a tree that is rooted at the source
    and reaches every peer. A common rate exists exactly when no link is overloaded by
    it (Kumar & Ross 2006): trees of depth 2 are enough. *)

From Coq Require Import Reals Lra Lia List Arith.
From Swarm Require Import Sums.
Import ListNotations.
Open Scope R_scope.

Record stream := { pace : R; parent : nat -> nat; depth : nat -> nat }.

Section Fluid.
  Context (n : nat) (u d : nat -> R).

  (** Parents are nodes nearer to the root, so following them ends at the source. *)
  Definition tree (s : stream) : Prop := forall j, In j (seq 1 n) ->
    In (parent s j) (seq 0 (S n)) /\ (depth s (parent s j) < depth s j)%nat.

  (** To how many peers [i] passes the stream on. *)
  Definition copies (s : stream) (i : nat) : R :=
    sum (only Nat.eq_dec (parent s) i (fun _ => 1)) (seq 1 n).

  Definition rate (ss : list stream) : R := sum pace ss.
  Definition sending (ss : list stream) (i : nat) : R := sum (fun s => pace s * copies s i) ss.

  Definition feasible (r : R) : Prop := exists ss,
    (forall s, In s ss -> 0 < pace s /\ tree s) /\ rate ss = r /\
    (forall i, In i (seq 0 (S n)) -> sending ss i <= u i) /\
    (forall j, In j (seq 1 n) -> rate ss <= d j).

  Let U := sum u (seq 1 n).

  Hypothesis n_pos : (1 <= n)%nat.
  Hypothesis u_nonneg : forall i, In i (seq 0 (S n)) -> 0 <= u i.

  Lemma copies_nonneg s i : 0 <= copies s i.
  Proof. apply sum_nonneg. intros j _. apply only_nonneg. lra. Qed.

  Lemma source_sends s : tree s -> 1 <= copies s 0.
  Proof.
    intros t. assert (forall k j, (depth s j <= k)%nat -> In j (seq 1 n) ->
      exists i, In i (seq 1 n) /\ parent s i = 0%nat) as climb.
    { induction k as [|k IH]; intros j deep i; destruct (t j i) as [node nearer]; [lia|].
      destruct (Nat.eq_dec (parent s j) 0) as [root|]; [eauto|].
      apply (IH (parent s j)); [lia|]. apply in_seq in node. apply in_seq. lia. }
    destruct (climb (depth s 1%nat) 1%nat) as (i & k & root); [lia|apply in_seq; lia|].
    replace 1 with (only Nat.eq_dec (parent s) 0%nat (fun _ => 1) i).
    - unfold copies. apply sum_member; [|assumption]. intros. apply only_nonneg. lra.
    - unfold only. destruct (Nat.eq_dec _ _); congruence.
  Qed.

  Lemma all_copies s : tree s -> sum (copies s) (seq 0 (S n)) = INR n.
  Proof.
    intros t. unfold copies.
    rewrite sum_by_all_keys; [|apply seq_NoDup|intros j i; now apply t].
    rewrite sum_const, seq_length. lra.
  Qed.

  (** No rate is better than what the links allow. *)
  Theorem fluid_bound r : feasible r ->
    r <= u 0%nat /\ (forall j, In j (seq 1 n) -> r <= d j) /\ INR n * r <= u 0%nat + U.
  Proof.
    intros (ss & good & <- & ups & downs). split; [|split; [exact downs|]].
    - apply Rle_trans with (2 := ups 0%nat ltac:(apply in_seq; lia)).
      apply sum_le. intros s i. destruct (good s i) as [pos t].
      pose proof (source_sends s t). nra.
    - apply Rle_trans with (sum (sending ss) (seq 0 (S n))).
      + unfold sending, rate. rewrite <- sum_swap, <- sum_scale. apply sum_le. intros s i.
        rewrite sum_scale, all_copies by now apply good. lra.
      + change (u 0%nat + U) with (sum u (seq 0 (S n))). now apply sum_le.
  Qed.

  (** Stream k goes through relay k to the others; stream 0 from the source to all. *)
  Theorem mix r :
    0 <= r -> r <= u 0%nat -> INR n * r <= u 0%nat + U ->
    exists x : nat -> R, (forall k, In k (seq 0 (S n)) -> 0 <= x k) /\
      sum x (seq 0 (S n)) = r /\
      (forall k, In k (seq 1 n) -> (INR n - 1) * x k <= u k) /\
      sum x (seq 1 n) + INR n * x 0%nat <= u 0%nat.
  Proof.
    intros nn source total.
    assert (peer_nn : forall k, In k (seq 1 n) -> 0 <= u k).
    { intros k i. apply u_nonneg. apply in_seq in i. apply in_seq. lia. }
    assert (U_nn : 0 <= U) by now apply sum_nonneg.
    assert (n_1 : 1 <= INR n) by now apply (le_INR 1).
    change (seq 0 (S n)) with (0%nat :: seq 1 n) in *.
    destruct (Req_dec U 0) as [none|some]; [|destruct (Rle_lt_dec ((INR n - 1) * r) U)
      as [few|many]].
    - (* No peer uploads. *)
      exists (fun k => if Nat.eq_dec k 0 then r else 0). split; [|split; [|split]].
      + intros k _. destruct (Nat.eq_dec k 0); lra.
      + simpl. rewrite sum_zero; [lra|]. intros k i. apply in_seq in i.
        destruct (Nat.eq_dec k 0); [lia|reflexivity].
      + intros k i. pose proof (peer_nn k i). apply in_seq in i.
        destruct (Nat.eq_dec k 0); [lia|lra].
      + rewrite sum_zero; [simpl; lra|]. intros k i. apply in_seq in i.
        destruct (Nat.eq_dec k 0); [lia|reflexivity].
    - (* The peers can pass on everything. *)
      assert (parts : forall v, v <> 0 ->
        sum (fun k => if Nat.eq_dec k 0 then 0 else r * u k / v) (seq 1 n) = r * U / v).
      { intros v nz. unfold U, Rdiv. rewrite (Rmult_comm (r * _)), <- Rmult_assoc, <- sum_scale.
        apply sum_ext. intros k i. apply in_seq in i. destruct (Nat.eq_dec k 0); [lia|ring]. }
      exists (fun k => if Nat.eq_dec k 0 then 0 else r * u k / U). split; [|split; [|split]].
      + intros k i. destruct (Nat.eq_dec k 0) as [|peer]; [lra|].
        destruct i as [<-|i]; [tauto|]. apply Rmult_le_pos; [|left; apply Rinv_0_lt_compat; lra].
        apply Rmult_le_pos; auto.
      + simpl sum at 1. rewrite parts by assumption. simpl. field. assumption.
      + intros k i. pose proof (peer_nn k i). apply in_seq in i.
        destruct (Nat.eq_dec k 0); [lia|]. apply Rmult_le_reg_r with U; [lra|].
        replace ((INR n - 1) * (r * u k / U) * U) with ((INR n - 1) * r * u k) by (field; lra).
        rewrite (Rmult_comm (u k)). now apply Rmult_le_compat_r.
      + rewrite parts by assumption. simpl. replace (r * U / U) with r by (field; lra). lra.
    - (* The peers pass on what they can, and the source adds the rest. *)
      assert (n_2 : 0 < INR n - 1) by nra.
      set (w := INR n - 1) in *. replace (INR n) with (w + 1) in * by (unfold w; ring).
      exists (fun k => if Nat.eq_dec k 0 then r - U / w else u k / w).
      assert (parts : sum (fun k => if Nat.eq_dec k 0 then r - U / w else u k / w) (seq 1 n)
        = U / w).
      { unfold U, Rdiv at 3. rewrite Rmult_comm, <- sum_scale. apply sum_ext. intros k i.
        apply in_seq in i. destruct (Nat.eq_dec k 0); [lia|]. unfold Rdiv. ring. }
      assert (rest : 0 <= r - U / w).
      { apply Rmult_le_reg_r with w; [assumption|].
        replace ((r - U / w) * w) with (w * r - U) by (field; lra). lra. }
      split; [|split; [|split]].
      + intros k i. destruct (Nat.eq_dec k 0) as [|peer]; [assumption|].
        destruct i as [<-|i]; [tauto|]. apply Rmult_le_pos; auto.
        left. now apply Rinv_0_lt_compat.
      + simpl sum at 1. rewrite parts. simpl. lra.
      + intros k i. apply in_seq in i. destruct (Nat.eq_dec k 0); [lia|].
        right. field. lra.
      + rewrite parts. simpl.
        replace (U / w + (w + 1) * (r - U / w)) with ((w + 1) * r - U) by (field; lra). lra.
  Qed.

  Definition relay (x : nat -> R) (k : nat) : stream :=
    {| pace := x k; parent := fun j => if Nat.eq_dec j k then 0%nat else k;
       depth := fun j => if Nat.eq_dec j 0 then 0%nat else if Nat.eq_dec j k then 1%nat else
         2%nat |}.

  Lemma relay_copies x k i : In k (seq 0 (S n)) -> In i (seq 0 (S n)) ->
    copies (relay x k) i =
      if Nat.eq_dec k 0 then if Nat.eq_dec i 0 then INR n else 0
      else if Nat.eq_dec i 0 then 1 else if Nat.eq_dec i k then INR n - 1 else 0.
  Proof.
    intros node node'. unfold copies.
    assert (own : forall v, In k (seq 1 n)
      -> sum (fun j => if Nat.eq_dec j k then v else 0) (seq 1 n) = v).
    { intros v m. etransitivity; [|exact (only_present Nat.eq_dec (fun j : nat => j) (fun _ => v) k
        (seq 1 n) (seq_NoDup n 1) m)].
      apply sum_ext. intros j _. unfold only. destruct (Nat.eq_dec j k), (Nat.eq_dec k j);
        congruence. }
    unfold only. simpl. destruct (Nat.eq_dec k 0) as [->|peer].
    - rewrite (sum_ext _ (fun _ => if Nat.eq_dec i 0 then 1 else 0)).
      + rewrite sum_const, seq_length. destruct (Nat.eq_dec i 0); lra.
      + intros j m. apply in_seq in m. destruct (Nat.eq_dec j 0); [lia|].
        destruct (Nat.eq_dec 0 i), (Nat.eq_dec i 0); congruence.
    - assert (m : In k (seq 1 n)) by (apply in_seq in node; apply in_seq; lia).
      destruct (Nat.eq_dec i 0) as [->|other].
      + etransitivity; [|exact (own 1 m)]. apply sum_ext. intros j _.
        destruct (Nat.eq_dec j k), (Nat.eq_dec _ 0); congruence.
      + destruct (Nat.eq_dec i k) as [->|].
        * replace (INR n - 1) with (sum (fun j => 1 - (if Nat.eq_dec j k then 1 else 0)) (seq 1
          n)).
          -- apply sum_ext. intros j _. destruct (Nat.eq_dec j k), (Nat.eq_dec _ k);
            try congruence; lra.
          -- rewrite sum_minus, own, sum_const, seq_length by assumption. lra.
        * apply sum_zero. intros j _. destruct (Nat.eq_dec j k), (Nat.eq_dec _ i); congruence.
  Qed.

  Theorem fluid_optimum r :
    0 <= r -> feasible r <->
      r <= u 0%nat /\ (forall j, In j (seq 1 n) -> r <= d j) /\ INR n * r <= u 0%nat + U.
  Proof.
    intros nn. split; [apply fluid_bound|]. intros (source & downs & total).
    destruct (mix r nn source total) as (x & x_nn & x_sum & x_relay & x_source).
    set (used := filter (fun k => if Rlt_dec 0 (x k) then true else false) (seq 0 (S n))).
    assert (all : forall f, (forall k, x k = 0 -> f k = 0) -> sum f used = sum f (seq 0 (S n))).
    { intros f zero. unfold used. rewrite sum_filter. apply sum_ext. intros k i.
      pose proof (x_nn k i). destruct (Rlt_dec 0 (x k)); [reflexivity|]. symmetry. apply zero.
      lra. }
    exists (map (relay x) used). split; [|split; [|split]].
    - intros s i. apply in_map_iff in i. destruct i as (k & <- & i). apply filter_In in i.
      destruct i as [i pos]. simpl. split; [destruct (Rlt_dec 0 (x k));
        [assumption|discriminate]|].
      intros j m. simpl. apply in_seq in i. apply in_seq in m.
      repeat destruct (Nat.eq_dec _ _); rewrite in_seq; lia.
    - unfold rate. rewrite sum_map. simpl. rewrite all; auto.
    - intros i node. unfold sending. rewrite sum_map. simpl pace. rewrite all.
      2:{ intros k ->. ring. }
      rewrite (sum_ext _ (fun k => x k * if Nat.eq_dec k 0 then if Nat.eq_dec i 0 then INR n else 0
        else if Nat.eq_dec i 0 then 1 else if Nat.eq_dec i k then INR n - 1 else 0))
        by (intros k m; now rewrite relay_copies).
      change (seq 0 (S n)) with (0%nat :: seq 1 n). cbn [sum].
      destruct (Nat.eq_dec 0 0) as [_|]; [|congruence]. destruct (Nat.eq_dec i 0) as [->|peer].
      + rewrite (sum_ext _ x); [lra|]. intros k m. apply in_seq in m.
        destruct (Nat.eq_dec k 0); [lia|ring].
      + assert (m : In i (seq 1 n)) by (apply in_seq in node; apply in_seq; lia).
        rewrite (sum_ext _ (fun k => only Nat.eq_dec (fun j : nat => j) k (fun j => x j * (INR n
          - 1)) i)).
        * rewrite only_present by (apply seq_NoDup || assumption). pose proof (x_relay i m). lra.
        * intros k l. apply in_seq in l. unfold only.
          destruct (Nat.eq_dec k 0), (Nat.eq_dec i k); try lia; subst; ring.
    - intros j m. unfold rate. rewrite sum_map. cbn [relay pace]. rewrite all by auto.
      change (sum x (seq 0 (S n)) <= d j). rewrite x_sum. auto.
  Qed.
End Fluid.
